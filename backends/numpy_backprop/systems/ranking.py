"""The gradient of `problems.systems.ranking`.

With x = u·(v_j - v_i) and softplus′ = σ, a triple's slope by x is σ(x)/n =: g, and

    by u: g (v_j - v_i),   by v_j: g u,   by v_i: -g u,

each collected where its row came from. Rows are gathered and collected as rows: what a triple reads
of a table lies in one piece.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.backends.numpy_backprop.networks.pointwise import both, softplus
from gradparity.problems import Arrays
from gradparity.problems.systems.ranking import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by u and v."""
    u = params["u"].take(data["user"], axis=0)
    apart = params["v"].take(data["left"], axis=0)
    apart -= params["v"].take(data["taken"], axis=0)
    x = np.einsum("nd,nd->n", u, apart)
    g = (both(x)[0] / len(x))[:, None]
    by_u = collected(np.multiply(apart, g, out=apart), data["user"], len(params["u"]))
    by_left = np.multiply(u, g, out=u)
    by_v = collected(by_left, data["left"], len(params["v"]))
    by_v -= collected(by_left, data["taken"], len(params["v"]))
    return np.mean(softplus(x)), {"u": by_u, "v": by_v}


def collected(rows: Any, where: Any, count: int) -> Any:
    """The sums of the rows of (n, d) that go to each of `count` places: (count, d)."""
    d = rows.shape[1]
    places = where[:, None] * d + np.arange(d)
    sums = np.bincount(places.reshape(-1), rows.reshape(-1), count * d)
    return sums.reshape(count, d).astype(rows.dtype, copy=False)


DERIVATIONS: dict[str, Derive] = {"ranking": by_gradient(loss, gradient)}
