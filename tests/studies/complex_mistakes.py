"""Gradients of complex parameters by hand, with the mistakes that people make in them.

A gradient is ∂L/∂re + i ∂L/∂im, as torch has it. Without the 2 it is Wirtinger's ∂L/∂z̄, which is
another convention, and half of what a descent expects here.
"""

from functools import partial

import numpy as np

from tests.studies.written_mistakes import outcome

RNG = np.random.default_rng(23)


def _complex(*shape):
    return (RNG.normal(size=shape) + 1j * RNG.normal(size=shape)).astype(np.complex64)


A, B = _complex(5, 4), _complex(5)
SIGNAL = RNG.normal(size=8).astype(np.float32)
H = _complex(4, 4)


# Σ |A z - b|², whose gradient is 2 Aᴴ (A z - b).
def squares(z):
    return np.sum(np.abs(A @ z - B) ** 2)


def squares_gradient(z, m=""):
    r = A @ z - B
    if m == "the residual conjugated":
        r = r.conj()
    factor = 1 if m == "Wirtinger's" else 2
    adjoint = A.T if m == "a transpose for the adjoint" else A.conj().T
    g = factor * adjoint @ r
    return {
        "the conjugate": g.conj(),
        "the real part": g.real + 0j,
        "the imaginary part lost": 1j * g.imag,
        "the sign": -g,
        "times i": 1j * g,
        "real and imaginary exchanged": g.imag + 1j * g.real,
        "its size": np.abs(g) + 0j,
    }.get(m, g)


# A filter h in the frequency domain: mean (|h F x|² - 1)².
def filtered(h):
    y = h * np.fft.fft(SIGNAL)
    return np.mean((np.abs(y) ** 2 - 1) ** 2)


def filtered_gradient(h, m=""):
    f = np.fft.fft(SIGNAL)
    y = h * f
    d = 2 * (np.abs(y) ** 2 - 1) / len(y)
    inner = y if m == "the 2 of a square" else 2 * y
    kept = f if m == "the factor not conjugated" else f.conj()
    g = d * inner * kept
    return {"the conjugate": g.conj(), "the mean": g * len(y)}.get(m, g)


# A Hermitian form, real whatever z is: zᴴ H z with H made Hermitian.
FORM = (H + H.conj().T) / 2


def form(z):
    return np.real(np.vdot(z, FORM @ z))


def form_gradient(z, m=""):
    matrix = {"a transpose": FORM.T, "the real part of the matrix": FORM.real}.get(m, FORM)
    g = 2 * matrix @ z
    return {"the conjugate": g.conj(), "half": g / 2}.get(m, g)


# A phase: Σ |e^{iφ} - t|², φ real, t complex: the gradient is 2 Im(t̄ e^{iφ}).
TARGET = _complex(6)


def phase(angle):
    return np.sum(np.abs(np.exp(1j * angle) - TARGET) ** 2)


def phase_gradient(angle, m=""):
    wave = np.exp(1j * angle)
    t = TARGET if m == "not conjugated" else TARGET.conj()
    part = np.real if m == "the real part" else np.imag
    factor = {"the sign": -2, "half": 1}.get(m, 2)
    return factor * part(t * wave)


UNNAMED = ("absolute value", "the real part is taken")
"""No cause says so yet."""
CONJUGATE, OF_PART = ("conjugate",), ("an imaginary part",)
COMPLEX = {
    "squares": (squares, squares_gradient, _complex(4), {
        "the conjugate": CONJUGATE,
        "the residual conjugated": ("operand 2 is multiplied by -1",),
        "a transpose for the adjoint": OF_PART,
        "Wirtinger's": ("½",),
        "the real part": ("z.im", "zero"),
        "the imaginary part lost": ("zero",),
        "the sign": ("sign",),
        "times i": ("is i times",),
        "real and imaginary exchanged": ("exchanged",),
        "its size": UNNAMED,
    }),
    "filtered": (filtered, filtered_gradient, _complex(8), {
        "the conjugate": CONJUGATE,
        "the factor not conjugated": OF_PART,
        "the 2 of a square": ("½",),
        "the mean": ("8 times",),
    }),
    "form": (form, form_gradient, _complex(4), {
        "the conjugate": CONJUGATE,
        "a transpose": OF_PART,
        "the real part of the matrix": OF_PART,
        "half": ("½",),
    }),
    "phase": (phase, phase_gradient, RNG.normal(size=6).astype(np.float32), {
        "the sign": ("sign",),
        "not conjugated": OF_PART,
        "the real part": UNNAMED,
        "half": ("½",),
    }),
}  # fmt: skip
"""name -> (loss, gradient, point, {mistake: words that name it})."""


def complex_outcomes():
    """(name, whether it is caught, whether it is named, whether another cause is stated)."""
    return [
        (f"{name}: {m}", *outcome(loss, point, partial(gradient, m=m), words))
        for name, (loss, gradient, point, mistakes) in COMPLEX.items()
        for m, words in mistakes.items()
    ]
