"""Several tasks at once, each weighed by how uncertain it is.

    loss = Σ_k ½ e^-s_k L_k + ½ s_k,   L_k = mean (x w_k - y_k)²,

w (d, K), one column a task, and s (K,), the logarithms of the tasks' variances. At fixed L_k the
best s_k is ln L_k: then every task weighs alike, and the loss is ½ Σ (1 + ln L_k). At the least
squares fit both are, so the minimum is known. What it exercises: exponentials that weigh sums, and
slopes by the weights themselves.

Source: Kendall, Gal and Cipolla 2018, Multi-task learning using uncertainty to weigh losses,
https://arxiv.org/abs/1705.07115.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"cases": 20, "features": 3, "tasks": 2},
    "small": {"cases": 200, "features": 10, "tasks": 4},
    "medium": {"cases": 2000, "features": 50, "tasks": 8},
    "large": {"cases": 5000, "features": 200, "tasks": 8},
}


def draw(rng: np.random.Generator, *, cases: int, features: int, tasks: int) -> Instance:
    """Params w (features, tasks), s (tasks,). Data: x (cases, features), y (cases, tasks).

    The noise of the tasks differs by a factor of ten.
    """
    in_range("features", features, 1, 1e5, whole=True)
    in_range("tasks", tasks, 1, 1e4, whole=True)
    in_range("cases", cases, features + 1, 1e7, whole=True)
    x, truth = rng.normal(size=(cases, features)), rng.normal(size=(features, tasks))
    noise = np.geomspace(0.2, 2.0, tasks)
    y = x @ truth + noise * rng.normal(size=(cases, tasks))
    params = {"w": truth + 0.5 * rng.normal(size=truth.shape), "s": rng.normal(size=tasks)}
    return Instance(params, {"x": x, "y": y})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Σ ½ e^-s L + ½ s."""
    each = xp.mean(xp.square(data["x"] @ params["w"] - data["y"]), axis=0)
    return 0.5 * xp.sum(xp.exp(-params["s"]) * each + params["s"])


def _minimum(data: Arrays) -> Minimum:
    w = np.linalg.lstsq(data["x"], data["y"], rcond=None)[0]
    s = np.log(np.mean(np.square(data["x"] @ w - data["y"]), axis=0))
    return Minimum(0.5 * float(np.sum(1.0 + s)), {"w": w, "s": s}, "s = ln L at least squares")


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    each = (data["x"] @ params["w"] - data["y"]).square().mean(0)
    return 0.5 * (params["s"].neg().exp() * each + params["s"]).sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    each = jnp.mean((data["x"] @ params["w"] - data["y"]) ** 2, axis=0)
    return 0.5 * jnp.sum(jnp.exp(-params["s"]) * each + params["s"])


PROBLEMS: dict[str, Problem] = {
    "multitask": Problem(
        name="multitask",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Kendall, Gal and Cipolla 2018, https://arxiv.org/abs/1705.07115",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
