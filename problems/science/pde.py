"""Control of an equation: the force that brings a string into the form that is wanted.

The string u hangs between 0 and 1, u(0) = u(1) = 0, and obeys -u″ = f. On N inner points, h =
1/(N+1) apart, u = G f, where G is the inverse of the matrix that takes second differences, and

    J(f) = h (½ ‖u - u_d‖² + ½ α ‖f‖²),   ∇J = h (G (u - u_d) + α f),

for G is symmetric: the adjoint equation is the equation itself. G is two running sums, O(N): with
S_k = f_1 + … + f_k, u_{k+1} - u_k = h² (mean_j S_j - S_k), where the mean runs over j = 0 … N.

For u_d = sin πx, an eigenvector of G with the eigenvalue 1/λ₁, λ₁ = 4 sin²(πh/2)/h², the least J is
½ h ‖u_d‖² αλ₁²/(1 + αλ₁²), at f = λ₁/(1 + αλ₁²) u_d.

What it exercises: running sums, forwards and backwards.

Source: Tröltzsch, Optimal Control of Partial Differential Equations, 2010, section 2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.figures import check_positive
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem


def draw(rng: np.random.Generator, *, points: int, alpha: float = 1e-3) -> Instance:
    """Params f (N,), standard normal. Data: wanted, sin πx (N,), and alpha, scalar."""
    in_range("points", points, 1, 1e8, whole=True)
    check_positive(alpha=alpha)
    x = np.arange(1, points + 1) / (points + 1)
    data = {"wanted": np.sin(math.pi * x), "alpha": np.asarray(float(alpha))}
    return Instance({"f": rng.normal(size=points)}, data)


def string(xp: Namespace, f: Any) -> Any:
    """u = G f, (N,): -u″ = f in second differences, u = 0 at both ends."""
    n = f.shape[0]
    sums = xp.cumulative_sum(f, axis=0)
    first = xp.sum(sums) / (n + 1)
    steps = first - xp.concat([xp.zeros_like(f[:1]), sums[:-1]])
    return xp.cumulative_sum(steps, axis=0) / (n + 1) ** 2


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """J, as the page has it."""
    f = params["f"]
    apart = string(xp, f) - data["wanted"]
    both = xp.sum(xp.square(apart)) + data["alpha"] * xp.sum(xp.square(f))
    return 0.5 * both / (f.shape[0] + 1)


def _minimum(data: Arrays) -> Minimum:
    """By eigenvalue, for the form that `draw` wants: an eigenvector, but for rounding."""
    wanted, alpha = data["wanted"], float(data["alpha"])
    h = 1.0 / (wanted.size + 1)
    eigenvalue = 4.0 * math.sin(0.5 * math.pi * h) ** 2 / h**2
    both = 1.0 + alpha * eigenvalue**2
    value = 0.5 * h * float(wanted @ wanted) * alpha * eigenvalue**2 / both
    return Minimum(value, {"f": eigenvalue / both * wanted}, "in closed form, for sin πx")


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    f = params["f"]
    n = len(f)
    sums = torch.cumsum(f, 0)
    steps = sums.sum() / (n + 1) - torch.nn.functional.pad(sums[:-1], (1, 0))
    u = torch.cumsum(steps, 0) / (n + 1) ** 2
    both = (u - data["wanted"]).square().sum() + data["alpha"] * f.square().sum()
    return 0.5 * both / (n + 1)


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    f = params["f"]
    n = len(f)
    sums = jnp.cumsum(f)
    steps = sums.sum() / (n + 1) - jnp.pad(sums[:-1], (1, 0))
    u = jnp.cumsum(steps) / (n + 1) ** 2
    both = jnp.sum((u - data["wanted"]) ** 2) + data["alpha"] * jnp.sum(f**2)
    return 0.5 * both / (n + 1)


PROBLEMS: dict[str, Problem] = {
    "pde-control": Problem(
        name="pde-control",
        loss=loss,
        draw=draw,
        sizes={
            "tiny": {"points": 15},
            "small": {"points": 127},
            "medium": {"points": 1023},
            "large": {"points": 16383},
        },
        source="Tröltzsch 2010, Optimal Control of Partial Differential Equations, section 2",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
