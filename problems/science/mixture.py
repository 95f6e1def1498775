"""A mixture of Gaussians with full covariances, by its likelihood and a Wishart prior.

K components in D dimensions, n points. Component k has the log-weight α_k up to a constant, the
mean μ_k, and the precision Q_kᵀ Q_k, where Q_k is lower triangular with the diagonal e^q_k and the
entries l_k below it, row after row; so every choice of parameters is a mixture. With

    s_ik = α_k + Σ_d q_kd - ½ ‖Q_k (x_i - μ_k)‖²,

    loss = - Σ_i ln Σ_k e^s_ik + n ln Σ_k e^α_k + ½ n D ln 2π
           + Σ_k ½ γ² (Σ_d e^(2 q_kd) + ‖l_k‖²) - m Σ_d q_kd.

The last line keeps a component from shrinking onto a single point, where the likelihood is
unbounded. A constant added to α changes nothing, so the gradient by α adds up to 0.

What it exercises: a batch of small triangular products, and a log-sum-exp over the components,
whose softmax, the responsibilities, weighs everything on the way back.

Source: Bishop 2006, section 9.2; Šrajer, Kukelova and Fitzgibbon 2018, A benchmark of selected
algorithmic differentiation tools; GradBench's `gmm`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.figures import check_not_negative
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"points": 20, "dimensions": 2, "components": 3},
    "small": {"points": 500, "dimensions": 2, "components": 5},
    "medium": {"points": 1000, "dimensions": 10, "components": 10},
    "large": {"points": 1000, "dimensions": 32, "components": 25},
}


def places(dimensions: int) -> Any:
    """Where each entry of Q (D, D), row after row, stands in (e^q, l, 0): integers (D²,)."""
    where = np.full((dimensions, dimensions), dimensions + dimensions * (dimensions - 1) // 2)
    where[np.diag_indices(dimensions)] = np.arange(dimensions)
    below = np.tril_indices(dimensions, -1)
    where[below] = dimensions + np.arange(len(below[0]))
    return where.reshape(-1)


def draw(
    rng: np.random.Generator,
    *,
    points: int,
    dimensions: int,
    components: int,
    gamma: float = 1.0,
    m: float = 0.0,
) -> Instance:
    """Points around as many centres as components, and a start that knows nothing of them.

    Params alpha (K,), mu (K, D), q (K, D), below, l, (K, D (D - 1)/2). Data: x (n, D), gamma and m,
    scalars, and the integers of `places`.
    """
    in_range("points", points, 1, 1e7, whole=True)
    in_range("dimensions", dimensions, 1, 1000, whole=True)
    in_range("components", components, 1, 10_000, whole=True)
    check_not_negative(gamma=gamma, m=m)
    centres = 2.0 * rng.normal(size=(components, dimensions))
    x = centres[rng.integers(components, size=points)] + rng.normal(size=(points, dimensions))
    params = {
        "alpha": rng.normal(size=components),
        "mu": 2.0 * rng.normal(size=(components, dimensions)),
        "q": 0.3 * rng.normal(size=(components, dimensions)),
        "below": 0.3 * rng.normal(size=(components, dimensions * (dimensions - 1) // 2)),
    }
    prior = {"gamma": np.asarray(float(gamma)), "m": np.asarray(float(m))}
    return Instance(params, {"x": x, **prior, "places": places(dimensions)})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Minus the log of likelihood and prior, as the page has it."""
    alpha, mu, q, low = params["alpha"], params["mu"], params["q"], params["below"]
    x = data["x"]
    (n, d), k = x.shape, alpha.shape[0]
    diagonal = xp.exp(q)
    entries = xp.concat([diagonal, low, xp.zeros_like(alpha)[:, None]], axis=1)
    factors = xp.reshape(xp.take(entries, data["places"], axis=1), (k, d, d))
    apart = x[None, :, :] - mu[:, None, :]
    stretched = apart @ xp.matrix_transpose(factors)
    s = (alpha + xp.sum(q, axis=1))[:, None] - 0.5 * xp.sum(xp.square(stretched), axis=2)
    prior = 0.5 * xp.square(data["gamma"]) * (xp.sum(xp.square(diagonal)) + xp.sum(xp.square(low)))
    likelihood = xp.sum(xp.logsumexp(s, axis=0)) - n * xp.logsumexp(alpha, axis=0)
    return 0.5 * n * d * math.log(2.0 * math.pi) - likelihood + prior - data["m"] * xp.sum(q)


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    alpha, mu, q, low, x = (*(params[name] for name in ("alpha", "mu", "q", "below")), data["x"])
    n, d = x.shape
    rows, columns = torch.tril_indices(d, d, offset=-1)
    whose = torch.arange(len(alpha))[:, None]
    factors = torch.diag_embed(q.exp()).index_put((whose, rows, columns), low)
    stretched = torch.einsum("kij,knj->kni", factors, x[None] - mu[:, None])
    s = (alpha + q.sum(1))[:, None] - 0.5 * stretched.square().sum(2)
    likelihood = torch.logsumexp(s, 0).sum() - n * torch.logsumexp(alpha, 0)
    prior = 0.5 * data["gamma"] ** 2 * (factors.square().sum()) - data["m"] * q.sum()
    return 0.5 * n * d * math.log(2.0 * math.pi) - likelihood + prior


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax
    import jax.numpy as jnp

    alpha, mu, q, low, x = (*(params[name] for name in ("alpha", "mu", "q", "below")), data["x"])
    n, d = x.shape
    rows, columns = np.tril_indices(d, -1)
    factors = jax.vmap(jnp.diag)(jnp.exp(q)).at[:, rows, columns].set(low)
    stretched = jnp.einsum("kij,knj->kni", factors, x[None] - mu[:, None])
    s = (alpha + q.sum(1))[:, None] - 0.5 * (stretched**2).sum(2)
    likelihood = jax.nn.logsumexp(s, axis=0).sum() - n * jax.nn.logsumexp(alpha)
    prior = 0.5 * data["gamma"] ** 2 * (factors**2).sum() - data["m"] * q.sum()
    return 0.5 * n * d * math.log(2.0 * math.pi) - likelihood + prior


PROBLEMS: dict[str, Problem] = {
    "mixture": Problem(
        name="mixture",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Bishop 2006, section 9.2; Šrajer, Kukelova and Fitzgibbon 2018; GradBench's gmm",
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
