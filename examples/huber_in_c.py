"""One loss, its gradient written three times: NumPy, C by ctypes, Numba. Each is a row of its own.

gradparity run examples/huber_in_c.py

NumPy reads the matrix X twice, once for the residuals r = X w - y and once for Xᵀ s; the loops
below read each row once, while it is in the cache.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import gradparity as gp

SOURCE = """
#define HUBER(NAME, REAL)                                                                     \\
REAL NAME(const REAL *restrict X, const REAL *restrict y, const REAL *restrict w,             \\
          REAL *restrict g, long n, long d) {                                                 \\
    REAL value = 0;                                                                           \\
    for (long j = 0; j < d; j++) g[j] = 0;                                                    \\
    for (long i = 0; i < n; i++) {                                                            \\
        const REAL *row = X + i * d;                                                          \\
        REAL r = -y[i];                                                                       \\
        for (long j = 0; j < d; j++) r += row[j] * w[j];                                      \\
        REAL slope = r > 1 ? 1 : r < -1 ? -1 : r;                                             \\
        value += slope * (r - slope / 2);                                                     \\
        for (long j = 0; j < d; j++) g[j] += slope * row[j];                                  \\
    }                                                                                         \\
    for (long j = 0; j < d; j++) g[j] /= n;                                                   \\
    return value / n;                                                                         \\
}
HUBER(huber_double, double)
HUBER(huber_float, float)
"""


REORDERED = ["-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math", "-fno-math-errno"]
"""Sums in any order, as vectors need it. Not all of -ffast-math: a library that is linked with that
makes its process take the smallest numbers, below 2e-308, for zero, in everybody's code."""


def loss(xp, params, data):
    """Mean of r²/2 where |r| <= 1, |r| - 1/2 elsewhere, for the residuals r = X w - y."""
    size = xp.abs(data["X"] @ params["w"] - data["y"])
    return xp.mean(xp.where(size <= 1, 0.5 * xp.square(size), size - 0.5))


def in_numpy(params, data):
    """The derivative of the Huber function is s, r clipped to [-1, 1]; dw = Xᵀ s / n."""
    r = data["X"] @ params["w"] - data["y"]
    slope = np.clip(r, -1, 1)
    return np.mean(slope * (r - slope / 2)), {"w": data["X"].T @ slope / len(slope)}


def in_c():
    """The gradient in C, compiled once; why it cannot be had, where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return "needs a C compiler, cc or gcc"
    made_of = hashlib.sha256("".join((*REORDERED, SOURCE)).encode()).hexdigest()[:12]
    name = f"huber-{os.getuid()}-{made_of}.so"
    library = Path(tempfile.gettempdir()) / name
    if not library.exists():
        with tempfile.TemporaryDirectory() as folder:
            source, made = Path(folder, "huber.c"), Path(folder, "huber.so")
            source.write_text(SOURCE)
            flags = ["-O3", *REORDERED, "-march=native", "-shared", "-fPIC"]
            subprocess.run([compiler, *flags, source, "-o", made], check=True)
            moved = shutil.copy(made, f"{library}.{os.getpid()}")
            os.replace(moved, library)  # several workers may be at it
    compiled = ctypes.CDLL(str(library))
    functions = {np.float64: compiled.huber_double, np.float32: compiled.huber_float}
    functions[np.float64].restype = ctypes.c_double
    functions[np.float32].restype = ctypes.c_float

    def gradient(params, data):
        arrays = [np.ascontiguousarray(x) for x in (data["X"], data["y"], params["w"])]
        g = np.empty_like(arrays[2])
        places = [ctypes.c_void_p(x.ctypes.data) for x in (*arrays, g)]
        n, d = (ctypes.c_long(x) for x in arrays[0].shape)
        real = g.dtype.type
        return real(functions[real](*places, n, d)), {"w": g}

    return gradient


def in_numba():
    """The same loops by Numba; why it cannot be had, where it is not installed."""
    try:
        from numba import njit
    except ImportError:
        return "needs numba: pip install numba"

    @njit(fastmath=True)
    def huber(X, y, w, g):
        value = 0.0
        for i in range(len(X)):
            r = -y[i]
            for j in range(len(w)):
                r += X[i, j] * w[j]
            slope = min(max(r, -1.0), 1.0)
            value += slope * (r - slope / 2)
            for j in range(len(w)):
                g[j] += slope * X[i, j] / len(X)
        return value / len(X)

    def gradient(params, data):
        g = np.zeros_like(params["w"])
        return g.dtype.type(huber(data["X"], data["y"], params["w"], g)), {"w": g}

    return gradient


def draw(rng, n, d):
    """`n` points in `d` dimensions on a plane, with outliers; `w` starts elsewhere."""
    X = rng.normal(size=(n, d))
    y = X @ rng.normal(size=d) + rng.standard_t(df=2, size=n)
    return gp.Instance(params={"w": rng.normal(size=d)}, data={"X": X, "y": y})


PROBLEM = gp.Problem(
    name="huber-in-c",
    loss=loss,
    draw=draw,
    sizes={"tiny": {"n": 50, "d": 3}, "large": {"n": 20_000, "d": 400}},
    source="Huber 1964",
    gradient={"numpy": in_numpy, "c": in_c(), "numba": in_numba()},
)
