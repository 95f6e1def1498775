"""The logarithm of a sum of exponentials: a smooth maximum.

    f(x) = ln Σ_i e^x_i,   x (n,).

Its gradient is softmax(x): positive numbers that add up to 1. f lies between max x and
max x + ln n, which it attains where all x_i are equal, and it falls for ever as all x do. What it
exercises: two passes over memory and an exponential an entry, with next to nothing around them; and
whether the largest entry is taken off first, without which e^x overflows.

Source: Boyd and Vandenberghe, Convex Optimization, 2004, section 3.1.5; GradBench's `lse`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem


def draw(rng: np.random.Generator, *, n: int) -> Instance:
    """Params x (n,), normal with deviation 5, so that few entries are most of the sum; no data."""
    in_range("n", n, 1, 1e8, whole=True)
    return Instance({"x": 5.0 * rng.normal(size=n)}, {})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """The value ln Σ e^x."""
    return xp.logsumexp(params["x"], axis=0)


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    return torch.logsumexp(params["x"], dim=0)


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax

    return jax.nn.logsumexp(params["x"])


PROBLEMS: dict[str, Problem] = {
    "logsumexp": Problem(
        name="logsumexp",
        loss=loss,
        draw=draw,
        sizes={
            "tiny": {"n": 10},
            "small": {"n": 1000},
            "medium": {"n": 100_000},
            "large": {"n": 1_000_000},
        },
        source="Boyd and Vandenberghe 2004, section 3.1.5; GradBench's lse",
        minimum=lambda data: Minimum(-math.inf, note="unbounded below: f(x + c) = f(x) + c"),
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
