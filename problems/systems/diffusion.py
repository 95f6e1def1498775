"""Denoising diffusion: which noise is in a noisy picture, told by a linear denoiser.

    x_t = √ᾱ x₀ + √(1 - ᾱ) ε,   loss = ½ mean over cases of ‖x_t W + b - ε‖²,   W (d, d), b (d,),

at one ᾱ, the share of the signal that is left. For Gaussian data of mean 0 and deviation s the best
denoiser is linear, ε* = √(1 - ᾱ) x_t/(ᾱ s² + 1 - ᾱ), and what it leaves of each number's variance
is ᾱ s²/(ᾱ s² + 1 - ᾱ). Of the cases drawn the minimum is that of their normal equations. What it
exercises: a product of matrices and its transpose, as a dense layer.

Source: Ho, Jain and Abbeel 2020, Denoising diffusion probabilistic models,
https://arxiv.org/abs/2006.11239.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import InputError, in_range
from gradparity.problems.figures import check_positive
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"cases": 20, "d": 2},
    "small": {"cases": 200, "d": 16},
    "medium": {"cases": 1000, "d": 64},
    "large": {"cases": 1000, "d": 256},
}


def draw(
    rng: np.random.Generator, *, cases: int, d: int, kept: float = 0.5, deviation: float = 2.0
) -> Instance:
    """Params w (d, d) and b (d,), small. Data: x, x_t, and noise, ε, both (cases, d).

    kept: ᾱ, between 0 and 1. deviation: s of the data.
    """
    in_range("cases", cases, 1, 1e7, whole=True)
    in_range("d", d, 1, 1e4, whole=True)
    check_positive(deviation=deviation)
    if not 0.0 < kept < 1.0:
        raise InputError(f"kept is {kept}; a share of the signal lies between 0 and 1")
    clean, noise = deviation * rng.normal(size=(cases, d)), rng.normal(size=(cases, d))
    x = kept**0.5 * clean + (1.0 - kept) ** 0.5 * noise
    w = 0.1 * d**-0.5 * rng.normal(size=(d, d))
    return Instance({"w": w, "b": 0.1 * rng.normal(size=d)}, {"x": x, "noise": noise})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ mean ‖x w + b - ε‖²."""
    r = data["x"] @ params["w"] + params["b"] - data["noise"]
    return 0.5 * xp.sum(xp.square(r)) / r.shape[0]


def _minimum(data: Arrays) -> Minimum:
    x = np.column_stack([data["x"], np.ones(len(data["x"]))])
    solution = np.linalg.lstsq(x, data["noise"], rcond=None)[0]
    rest = x @ solution - data["noise"]
    params = {"w": solution[:-1], "b": solution[-1]}
    return Minimum(0.5 * float(np.sum(rest * rest)) / len(x), params, "by least squares")


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    found = torch.addmm(params["b"], data["x"], params["w"])
    return 0.5 * torch.nn.functional.mse_loss(found, data["noise"]) * found.shape[1]


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    r = data["x"] @ params["w"] + params["b"] - data["noise"]
    return 0.5 * jnp.mean(jnp.sum(r**2, axis=1))


PROBLEMS: dict[str, Problem] = {
    "diffusion": Problem(
        name="diffusion",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Ho, Jain and Abbeel 2020, https://arxiv.org/abs/2006.11239",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
