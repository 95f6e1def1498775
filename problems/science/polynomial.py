"""Least squares on a polynomial: the step from -1 to 1, fitted between them.

    f(a) = ½ Σ_i (p(t_i) - sign t_i)²,   p(t) = Σ_j a_j t^j,   n points from -1 to 1.

p is evaluated by Horner's rule, p ← p t + a_j from the last coefficient to the first. Powers of t
are nearly the same line, so the Hessian's condition number grows with every coefficient: easy to
differentiate, hopeless to descend on. What it exercises: a chain of products, one for each
coefficient, over vectors of n.

Source: Golub and Van Loan, Matrix Computations, 2013, section 5.3; GradBench's `llsq`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"points": 16, "coefficients": 4},
    "small": {"points": 1000, "coefficients": 8},
    "medium": {"points": 10_000, "coefficients": 16},
    "large": {"points": 100_000, "coefficients": 32},
}


def draw(rng: np.random.Generator, *, points: int, coefficients: int) -> Instance:
    """Params a (m,), standard normal; data t and y (n,), and m, which the loss does not read."""
    in_range("points", points, 2, 1e8, whole=True)
    in_range("coefficients", coefficients, 1, min(points, 200), whole=True)
    t = np.linspace(-1.0, 1.0, points)
    data = {"t": t, "y": np.sign(t), "coefficients": np.asarray(coefficients)}
    return Instance({"a": rng.normal(size=coefficients)}, data)


def residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """p(t) - y, shape (n,)."""
    a, t = params["a"], data["t"]
    value = xp.broadcast_to(a[-1], t.shape)
    for j in range(a.shape[0] - 2, -1, -1):
        value = value * t + a[j]
    return value - data["y"]


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ Σ (p(t) - y)²."""
    return 0.5 * xp.sum(xp.square(residuals(xp, params, data)))


def _minimum(data: Arrays) -> Minimum:
    value, a = least(data, int(data["coefficients"]))
    return Minimum(value, {"a": a}, "by QR; unique, though rounding hides it for many coefficients")


def least(data: Arrays, coefficients: int) -> tuple[float, Any]:
    """The least loss and its coefficients, by QR in Legendre's basis, nearly orthogonal."""
    basis = np.polynomial.legendre.legvander(data["t"], coefficients - 1)
    q, r = np.linalg.qr(basis)
    weights = q.T @ data["y"]
    rest = data["y"] - q @ weights
    fitted = np.polynomial.legendre.leg2poly(np.linalg.solve(r, weights))
    return 0.5 * float(rest @ rest), np.pad(fitted, (0, coefficients - fitted.size))


def _horner_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    a, t = params["a"], data["t"]
    value = a[-1].expand(t.shape)
    for j in range(len(a) - 2, -1, -1):
        value = value * t + a[j]
    return 0.5 * (value - data["y"]).square().sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    return 0.5 * jnp.sum((jnp.polyval(params["a"][::-1], data["t"]) - data["y"]) ** 2)


PROBLEMS: dict[str, Problem] = {
    "polynomial": Problem(
        name="polynomial",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Golub and Van Loan 2013, section 5.3; GradBench's llsq",
        minimum=_minimum,
        residuals=residuals,
        idiomatic={"torch": _horner_torch, "jax": _jax},
    )
}
