"""The gradient of `problems.systems.ranking`.

With x = u·(v_j - v_i) and softplus′ = σ, a triple's slope by x is σ(x)/n =: g, and

    by u: g (v_j - v_i),   by v_j: g u,   by v_i: -g u,

each collected where its row came from, one row after the other in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.systems.ranking import loss


def collected(rows: Any, where: Any, like: Any) -> Any:
    """The sums of the rows (n, d) that go to each row of an array like `like`."""
    found = np.zeros_like(like)
    order = np.argsort(where, kind="stable")
    used, starts = np.unique(where[order], return_index=True)
    found[used] = np.add.reduceat(rows[order], starts, axis=0)
    return found


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by u and v."""
    u, v = params["u"][data["user"]], params["v"]
    apart = v[data["left"]] - v[data["taken"]]
    x = np.sum(u * apart, axis=1)
    value = np.mean(np.logaddexp(x, 0.0))
    g = (np.exp(-np.logaddexp(-x, 0.0)) / len(x))[:, None]
    share = g * u
    by_v = collected(
        np.concatenate([share, -share]), np.concatenate([data["left"], data["taken"]]), v
    )
    return value, {"u": collected(g * apart, data["user"], params["u"]), "v": by_v}


DERIVATIONS: dict[str, Derive] = {"ranking": by_gradient(loss, gradient)}
