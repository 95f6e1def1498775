"""What `gradparity.check` of losses with 10⁵ parameters takes; run as a module, prints a table.

    python -m tests.benchmarks.check_cost

Each loss and library in a fresh process: seconds of processor time of the check, and the high-water
mark of the process's resident memory, the library's own included. Least squares and logistic
regression read a matrix of 100 × 10⁵, 40 MB in float32 and 80 in float64; the network has 784, 126
and 10 units, and 64 cases. "summed" is least squares written (X * w).sum(1), so that a matrix of 10⁷
entries depends on the parameters. "wrong" judges a gradient of half the size, and looks for the cause.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

LIBRARIES = ("numpy", "torch", "jax")
ROWS, COLUMNS = 100, 100_000


def drawn(name: str) -> tuple[dict[str, Any], tuple[Any, Any]]:
    """Parameters and data in float32."""
    rng = np.random.default_rng(0)
    if name != "network":
        data = rng.standard_normal((ROWS, COLUMNS), np.float32) / np.float32(300)
        target = np.asarray(rng.random(ROWS) < 0.5, np.float32)
        return {"w": rng.standard_normal(COLUMNS, np.float32)}, (data, target)
    shapes = {"w1": (784, 126), "b1": (126,), "w2": (126, 10), "b2": (10,)}
    params = {n: rng.standard_normal(s, np.float32) / np.float32(28) for n, s in shapes.items()}
    cases = rng.standard_normal((64, 784), np.float32)
    return params, (cases, np.eye(10, dtype=np.float32)[rng.integers(0, 10, 64)])


def loss_of(name: str, xp: Any) -> Callable[..., Any]:
    """The loss of (params, x, y), as it is written in NumPy and JAX, and nearly so in torch."""

    def squares(p: Any, x: Any, y: Any) -> Any:
        return ((x @ p["w"] - y) ** 2).mean()

    def logistic(p: Any, x: Any, y: Any) -> Any:
        z = x @ p["w"]
        return (xp.logaddexp(0 * z, z) - y * z).mean()

    def network(p: Any, x: Any, y: Any) -> Any:
        z = xp.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
        return -((z - xp.log(xp.exp(z).sum(1))[:, None]) * y).sum(1).mean()

    def summed(p: Any, x: Any, y: Any) -> Any:
        return (((x * p["w"]).sum(1) - y) ** 2).mean()

    known = {"squares": squares, "summed": summed, "logistic": logistic, "network": network}
    return known[name]


def by_hand(name: str) -> Callable[..., Any]:
    """The gradient in NumPy."""

    def squares(p: Any, x: Any, y: Any) -> Any:
        return {"w": 2 / len(y) * (x.T @ (x @ p["w"] - y))}

    def logistic(p: Any, x: Any, y: Any) -> Any:
        return {"w": x.T @ (1 / (1 + np.exp(-(x @ p["w"]))) - y) / len(y)}

    def network(p: Any, x: Any, y: Any) -> Any:
        h = np.tanh(x @ p["w1"] + p["b1"])
        e = np.exp(h @ p["w2"] + p["b2"])
        d = (e / e.sum(1, keepdims=True) - y) / len(x)
        dh = (d @ p["w2"].T) * (1 - h * h)
        return {"w1": x.T @ dh, "b1": dh.sum(0), "w2": h.T @ d, "b2": d.sum(0)}

    known = {"squares": squares, "summed": squares, "logistic": logistic, "network": network}
    return known[name]


def measure(name: str, library: str, wrong: bool) -> tuple[str, float, float]:
    """(verdict, seconds of processor time, peak MiB), in this process."""
    params, args = drawn(name)
    xp: Any = np
    if library == "torch":
        import torch

        xp = torch
        params = {n: torch.from_numpy(x) for n, x in params.items()}
        args = tuple(map(torch.from_numpy, args))
    if library == "jax":
        import jax.numpy as jnp

        xp = jnp
        params = {n: jnp.asarray(x) for n, x in params.items()}
        args = tuple(map(jnp.asarray, args))
    from gradparity import GradientError, check

    right, factor = by_hand(name), 0.5 if wrong else 1.0

    def gradient(p: Any, *args: Any) -> Any:
        return {n: factor * x for n, x in right(*_in_numpy(p, args)).items()}

    given: dict[str, Any] = {"gradient": gradient} if wrong or library == "numpy" else {}
    start = time.process_time()
    try:
        status = check(loss_of(name, xp), params, args=args, **given).status
    except GradientError as error:
        status = error.finding.status
    seconds = time.process_time() - start
    return status, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_numpy(params: dict[str, Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    return {n: np.asarray(x) for n, x in params.items()}, *map(np.asarray, args)


def main() -> None:
    """One process for each row."""
    for name in ("squares", "summed", "logistic", "network"):
        for library in LIBRARIES:
            for wrong in ("", "wrong"):
                command = [
                    sys.executable,
                    "-m",
                    "tests.benchmarks.check_cost",
                    name,
                    library,
                    wrong,
                ]
                run = subprocess.run(command, check=True, capture_output=True, text=True)
                print(f"{name:9} {library:6} {wrong:6} {run.stdout.strip()}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        found, took, peak = measure(sys.argv[1], sys.argv[2], bool(sys.argv[3]))
        print(f"{found:8} {took:6.1f} s of CPU {peak:8.0f} MiB")
    else:
        main()
