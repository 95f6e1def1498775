"""Regression: linear, logistic and Poisson, one matrix of features and a weight for each.

    z = x w,
    linear:    loss = ½ mean (z - y)²,            gradient xᵀ (z - y)/n,
    logistic:  loss = mean (softplus(z) - y z),   gradient xᵀ (σ(z) - y)/n,
    poisson:   loss = Σ (e^z - y z),              gradient xᵀ (e^z - y).

All three are convex. What they exercise: products of a matrix with a vector, which cost nothing but
reading the matrix, with next to nothing in between. The first column of the logistic and Poisson
features is ones, the intercept. Their losses are minus a log-likelihood, that of Poisson without
the constant Σ ln y!.

Source: McCullagh and Nelder, Generalized Linear Models, 1989, chapters 3, 4 and 6; the real data of
the smallest logistic problem are scikit-learn's breast cancer (Wolberg, Mangasarian and Street,
UCI, 1995), 569 cases of 30 features; regression-diabetes is linear, on scikit-learn's diabetes
(Efron, Hastie, Johnstone and Tibshirani, Least Angle Regression, 2004), 442 cases of 10.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems import regression_minimum
from gradparity.problems.errors import in_range
from gradparity.problems.functions import softplus
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Problem
from gradparity.problems.real_data import breast_cancer, diabetes, standardised

# The largest have more features than cases. No matrix holds more than 2.5 million numbers, which a
# reference in extended precision gets through in seconds.
LINEAR_SIZES = {
    "tiny": {"cases": 50, "features": 5},
    "small": {"cases": 500, "features": 50},
    "medium": {"cases": 2000, "features": 500},
    "large": {"cases": 500, "features": 5000},
}
LOGISTIC_SIZES: dict[str, dict[str, Any]] = {
    "tiny": {},
    "small": {"cases": 1000, "features": 100},
    "medium": {"cases": 2000, "features": 500},
    "large": {"cases": 250, "features": 10_000},
}
DIABETES_SIZES = {"tiny": {"cases": 50}, "small": {"cases": 442}}
POISSON_SIZES = {
    "tiny": {"cases": 50, "features": 5},
    "small": {"cases": 500, "features": 50},
    "medium": {"cases": 2000, "features": 500},
    "large": {"cases": 5000, "features": 500},
}


def linear_residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """(x w - y)/√n, shape (n,): half the sum of their squares is the loss."""
    y = data["y"]
    return (data["x"] @ params["w"] - y) / math.sqrt(y.shape[0])


def linear_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ mean (x w - y)²."""
    return 0.5 * xp.mean(xp.square(data["x"] @ params["w"] - data["y"]))


def logistic_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Mean binary cross-entropy of the probabilities σ(x w), y in 0 ... 1; ln 2 at w = 0."""
    z = data["x"] @ params["w"]
    return xp.mean(softplus(xp, z) - data["y"] * z)


def logistic_accuracy(params: Arrays, data: Arrays) -> float:
    """The share of cases on whose side of one half the probability is."""
    return float(np.mean((data["x"] @ params["w"] > 0.0) == (data["y"] > 0.5)))


def poisson_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Σ (e^z - y z), z = x w, counts y as floats."""
    z = data["x"] @ params["w"]
    return xp.sum(xp.exp(z) - data["y"] * z)


def draw_linear(rng: np.random.Generator, cases: int, features: int) -> Instance:
    """Features standard normal; y = x w₀ + noise, where x w₀ and the noise have variance 1 and ¼.

    Params w (features,), of the size of w₀. Data: x (cases, features), y (cases,).
    """
    in_range("cases", cases, 1, 1e9, whole=True)
    in_range("features", features, 1, 1e9, whole=True)
    x = rng.normal(size=(cases, features))
    w, truth = rng.normal(scale=features**-0.5, size=(2, features))
    return Instance({"w": w}, {"x": x, "y": x @ truth + rng.normal(scale=0.5, size=cases)})


def draw_logistic(
    rng: np.random.Generator, cases: int | None = None, features: int | None = None
) -> Instance:
    """The real data, standardised, unless `cases` and `features` are given; then synthetic.

    Synthetic: standard normal features beside the intercept; y is 1 with probability σ(x w₀), where
    x w₀ has variance 1. Params w (features + 1,). Data: x (cases, features + 1), y zeros and ones.
    """
    if cases is None or features is None:
        raw, labels = breast_cancer()
        x, y = _with_intercept(standardised(raw)), labels.copy()
    else:
        in_range("cases", cases, 1, 1e9, whole=True)
        in_range("features", features, 1, 1e9, whole=True)
        x = _with_intercept(rng.normal(size=(cases, features)))
        truth = rng.normal(scale=features**-0.5, size=features + 1)
        y = (rng.uniform(size=cases) < 1.0 / (1.0 + np.exp(-(x @ truth)))).astype(np.float64)
    return Instance({"w": rng.normal(scale=x.shape[1] ** -0.5, size=x.shape[1])}, {"x": x, "y": y})


def draw_diabetes(rng: np.random.Generator, cases: int) -> Instance:
    """The intercept and ten standardised features of `cases` patients, drawn without replacement.

    Params w (11,), near 0. Data: x (cases, 11), y (cases,), 25 to 346, without a unit.
    """
    raw, progression = diabetes()
    in_range("cases", cases, 1, len(raw), whole=True)
    rows = rng.choice(len(raw), size=cases, replace=False)
    x = _with_intercept(standardised(raw)[rows])
    return Instance({"w": rng.normal(size=x.shape[1])}, {"x": x, "y": progression[rows]})


def draw_poisson(rng: np.random.Generator, cases: int, features: int) -> Instance:
    """Standard normal features beside the intercept; y is Poisson of mean e^(x w₀).

    `features` counts the intercept, whose weight is 1; the rest of x w₀ has variance ¼. Params
    w (features,), near 0. Data: x (cases, features), y (cases,), counts as floats.
    """
    in_range("cases", cases, 1, 1e9, whole=True)
    in_range("features", features, 2, 1e9, whole=True)
    x = _with_intercept(rng.normal(size=(cases, features - 1)))
    w, truth = rng.normal(scale=0.5 * features**-0.5, size=(2, features))
    truth[0] = 1.0
    return Instance({"w": w}, {"x": x, "y": rng.poisson(np.exp(x @ truth)).astype(np.float64)})


def _with_intercept(features: Any) -> Any:
    return np.column_stack([np.ones(len(features)), features])


def _linear_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    return 0.5 * torch.nn.functional.mse_loss(torch.mv(data["x"], params["w"]), data["y"])


def _linear_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    return 0.5 * jnp.mean((data["x"] @ params["w"] - data["y"]) ** 2)


def _logistic_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    logits = torch.mv(data["x"], params["w"])
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, data["y"])


def _logistic_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax

    logits = data["x"] @ params["w"]
    return (jax.nn.softplus(logits) - data["y"] * logits).mean()


def _poisson_torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    z = torch.mv(data["x"], params["w"])
    return torch.nn.functional.poisson_nll_loss(z, data["y"], reduction="sum")


def _poisson_jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    z = data["x"] @ params["w"]
    return jnp.sum(jnp.exp(z) - data["y"] * z)


PROBLEMS: dict[str, Problem] = {
    "regression-linear": Problem(
        name="regression-linear",
        loss=linear_loss,
        draw=draw_linear,
        sizes=LINEAR_SIZES,
        source="least squares, e.g. Golub and Van Loan, Matrix Computations, chapter 5",
        minimum=regression_minimum.linear,
        residuals=linear_residuals,
        idiomatic={"torch": _linear_torch, "jax": _linear_jax},
        cases=("x", "y"),
    ),
    "regression-diabetes": Problem(
        name="regression-diabetes",
        loss=linear_loss,
        draw=draw_diabetes,
        sizes=DIABETES_SIZES,
        source="least squares on diabetes (Efron, Hastie, Johnstone and Tibshirani 2004)",
        minimum=regression_minimum.linear,
        residuals=linear_residuals,
        idiomatic={"torch": _linear_torch, "jax": _linear_jax},
        cases=("x", "y"),
    ),
    "regression-logistic": Problem(
        name="regression-logistic",
        loss=logistic_loss,
        draw=draw_logistic,
        sizes=LOGISTIC_SIZES,
        source="McCullagh and Nelder 1989, chapter 4; breast cancer (Wolberg et al. 1995)",
        minimum=regression_minimum.logistic,
        idiomatic={"torch": _logistic_torch, "jax": _logistic_jax},
        cases=("x", "y"),
        accuracy=logistic_accuracy,
    ),
    "regression-poisson": Problem(
        name="regression-poisson",
        loss=poisson_loss,
        draw=draw_poisson,
        sizes=POISSON_SIZES,
        source="McCullagh and Nelder 1989, chapter 6",
        minimum=regression_minimum.poisson,
        idiomatic={"torch": _poisson_torch, "jax": _poisson_jax},
    ),
}
