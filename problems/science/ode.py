"""A differential equation solved by Runge and Kutta's method of fourth order, with fixed steps.

    y_{n+1} = y_n + h/6 (k₁ + 2 k₂ + 2 k₃ + k₄),
    k₁ = φ(y_n), k₂ = φ(y_n + h/2 k₁), k₃ = φ(y_n + h/2 k₂), k₄ = φ(y_n + h k₃).

ode-decay:     φ = -λ ∘ y, d rates; loss Σ y_N. One step multiplies y by R(-λ h), where
               R(z) = 1 + z + z²/2 + z³/6 + z⁴/24, so that y_N = R(-λ h)^N y₀ and the exact gradient
               of the discrete loss is N R^(N-1) R′(-λ h) (-h) y₀ by λ, R^N by y₀.
ode-lotka:     predators eat prey, φ = (u (a - b v), v (c u - d)); loss the mean squared distance of
               the path from another path, that of rates nearby.

What they exercise: a loop over time whose every step depends on the last, so that the way back has
to keep, or to compute again, what every step has seen.

Source: Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, 1993, sections II.1
and I.1; GradBench's `ode`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.figures import check_positive
from gradparity.problems.namespace import NUMPY, Namespace
from gradparity.problems.problem import Arrays, Instance, Loss, Minimum, Problem

STEPS: dict[str, dict[str, Any]] = {
    "tiny": {"steps": 10},
    "small": {"steps": 100},
    "medium": {"steps": 1000},
}
FEWER: dict[str, dict[str, Any]] = {**STEPS, "medium": {"steps": 400}}


def runge_kutta(rate: Callable[[Any], Any], y: Any, h: Any) -> Any:
    """The next y, a step h later; rate: φ, of y's shape."""
    k1 = rate(y)
    k2 = rate(y + 0.5 * h * k1)
    k3 = rate(y + 0.5 * h * k2)
    k4 = rate(y + h * k3)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def draw_decay(
    rng: np.random.Generator, *, steps: int, rates: int = 5, horizon: float = 1.0
) -> Instance:
    """Params rate, λ > 0, and start, y₀, both (rates,). Data: h, scalar, and clock (steps,), zeros.

    clock carries the number of steps; nothing is computed with it.
    """
    _check(steps, horizon)
    in_range("rates", rates, 1, 1e6, whole=True)
    params = {"rate": rng.uniform(0.2, 2.0, rates), "start": rng.uniform(0.5, 2.0, rates)}
    return Instance(params, {"h": np.asarray(horizon / steps), "clock": np.zeros(steps)})


def draw_lotka(rng: np.random.Generator, *, steps: int, horizon: float = 10.0) -> Instance:
    """Params rate (a, b, c, d), near (1, ½, ¼, ½), and start, prey and predators, near (2, 1).

    Data: h, scalar, and path (steps, 2), of the rates and the start that the params are near to.
    """
    _check(steps, horizon)
    rate, start = np.array([1.0, 0.5, 0.25, 0.5]), np.array([2.0, 1.0])
    h, y, path = horizon / steps, start, []
    for _ in range(steps):
        y = runge_kutta(lambda y: predation(NUMPY, rate, y), y, h)
        path.append(y)
    params = {"rate": rate * rng.uniform(0.9, 1.1, 4), "start": start * rng.uniform(0.9, 1.1, 2)}
    return Instance(params, {"h": np.asarray(h), "path": np.array(path)})


def _check(steps: int, horizon: float) -> None:
    in_range("steps", steps, 1, 1e6, whole=True)
    check_positive(horizon=horizon)


def predation(xp: Namespace, rate: Any, y: Any) -> Any:
    """φ of prey u and predators v, y = (u, v): (u (a - b v), v (c u - d))."""
    u, v = y[0], y[1]
    return xp.stack([u * (rate[0] - rate[1] * v), v * (rate[2] * u - rate[3])])


def decay_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """The value Σ y_N."""
    rate, h = params["rate"], data["h"]

    def step(y: Any, _: Any) -> Any:
        return runge_kutta(lambda y: -rate * y, y, h), None

    return xp.sum(xp.scan(step, params["start"], data["clock"])[0])


def lotka_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Mean over the steps of ½ ‖y_n - path_n‖²."""
    rate, h, path = params["rate"], data["h"], data["path"]

    def step(carry: Any, seen: Any) -> Any:
        y, total = carry
        y = runge_kutta(lambda y: predation(xp, rate, y), y, h)
        return (y, total + 0.5 * xp.sum(xp.square(y - seen))), None

    start = params["start"]
    (_, total), _ = xp.scan(step, (start, xp.zeros_like(start[0])), path)
    return total / path.shape[0]


def _decay_minimum(data: Arrays) -> Minimum:
    return Minimum(-np.inf, note="unbounded below: the loss is linear in start")


def _lotka_minimum(data: Arrays) -> Minimum:
    params = {"rate": np.array([1.0, 0.5, 0.25, 0.5]), "start": np.array([2.0, 1.0])}
    return Minimum(0.0, params, "the path is a solution; its entries are rounded")


def _decay_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    rate, y, h = params["rate"], params["start"], data["h"]
    for _ in range(len(data["clock"])):
        y = runge_kutta(lambda y: -rate * y, y, h)
    return y.sum()


def _decay_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax

    rate, h = params["rate"], data["h"]
    y, _ = jax.lax.scan(
        lambda y, _: (runge_kutta(lambda y: -rate * y, y, h), None), params["start"], data["clock"]
    )
    return y.sum()


def _lotka_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    a, b, c, d = params["rate"].unbind()
    y, path, h = params["start"], [], data["h"]

    def rate(y: Any) -> Any:
        u, v = y.unbind()
        return torch.stack([u * (a - b * v), v * (c * u - d)])

    for _ in range(len(data["path"])):
        y = runge_kutta(rate, y, h)
        path.append(y)
    return 0.5 * (torch.stack(path) - data["path"]).square().sum(1).mean()


def _lotka_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax
    import jax.numpy as jnp

    a, b, c, d = params["rate"]
    h = data["h"]

    def rate(y: Any) -> Any:
        u, v = y
        return jnp.stack([u * (a - b * v), v * (c * u - d)])

    def step(y: Any, _: Any) -> Any:
        y = runge_kutta(rate, y, h)
        return y, y

    _, path = jax.lax.scan(step, params["start"], None, length=len(data["path"]))
    return 0.5 * jnp.mean(jnp.sum((path - data["path"]) ** 2, axis=1))


def _problem(
    name: str,
    loss: Loss,
    draw: Callable[..., Instance],
    sizes: dict[str, dict[str, Any]],
    minimum: Callable[[Arrays], Minimum],
    idiomatic: dict[str, Loss],
) -> Problem:
    source = "Hairer, Nørsett and Wanner 1993, sections I.1 and II.1; GradBench's ode"
    return Problem(name, loss, draw, sizes, source, minimum, idiomatic=idiomatic)


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        _problem(
            "ode-decay",
            decay_loss,
            draw_decay,
            STEPS,
            _decay_minimum,
            {"torch": _decay_torch, "jax": _decay_jax},
        ),
        _problem(
            "ode-lotka",
            lotka_loss,
            draw_lotka,
            FEWER,
            _lotka_minimum,
            {"torch": _lotka_torch, "jax": _lotka_jax},
        ),
    )
}
