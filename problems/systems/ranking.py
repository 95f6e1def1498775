"""Ranking: what a user took is to be scored above what they did not.

    loss = mean over triples of softplus(u·v_j - u·v_i),
    u = U[user],  v_i = V[taken],  v_j = V[left],

with a vector for each user, U (users, d), and each item, V (items, d). At U = 0 every pair is a
coin: ln 2. Scaling up factors that rank all triples right takes the loss towards 0. What it
exercises: rows gathered by index, dot products of short vectors, and three scatters back; the cost
must not grow with the number of users and items.

Source: Rendle, Freudenthaler, Gantner and Schmidt-Thieme 2009, BPR: Bayesian personalized ranking
from implicit feedback, https://arxiv.org/abs/1205.2618.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"users": 4, "items": 6, "d": 2, "triples": 12},
    "small": {"users": 100, "items": 200, "d": 8, "triples": 500},
    "medium": {"users": 1000, "items": 2000, "d": 16, "triples": 5000},
    "large": {"users": 5000, "items": 10_000, "d": 16, "triples": 10_000},
}


def draw(rng: np.random.Generator, *, users: int, items: int, d: int, triples: int) -> Instance:
    """Params u (users, d), v (items, d). Data: user, taken and left (triples,), integers."""
    in_range("users", users, 1, 1e7, whole=True)
    in_range("items", items, 2, 1e7, whole=True)
    in_range("d", d, 1, 1e4, whole=True)
    in_range("triples", triples, 1, 1e8, whole=True)
    taken = rng.integers(items, size=triples)
    left = (taken + rng.integers(1, items, size=triples)) % items
    params = {"u": rng.normal(size=(users, d)), "v": rng.normal(size=(items, d))}
    scaled = {name: x * d**-0.25 for name, x in params.items()}
    data = {"user": rng.integers(users, size=triples), "taken": taken, "left": left}
    return Instance(scaled, data)


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Mean softplus of how much higher what was left is scored."""
    v = params["v"]
    apart = xp.take(v, data["left"], axis=0) - xp.take(v, data["taken"], axis=0)
    return xp.mean(xp.softplus(xp.sum(xp.take(params["u"], data["user"], axis=0) * apart, axis=1)))


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    embedded = torch.nn.functional.embedding
    u, v = embedded(data["user"], params["u"]), params["v"]
    apart = embedded(data["taken"], v) - embedded(data["left"], v)
    return -torch.nn.functional.logsigmoid((u * apart).sum(1)).mean()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax

    u, v = params["u"][data["user"]], params["v"]
    apart = v[data["taken"]] - v[data["left"]]
    return -jax.nn.log_sigmoid((u * apart).sum(1)).mean()


PROBLEMS: dict[str, Problem] = {
    "ranking": Problem(
        name="ranking",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Rendle et al. 2009, https://arxiv.org/abs/1205.2618",
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
