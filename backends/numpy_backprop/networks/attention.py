"""Backprop of embeddings, positions and attention.

Embedding: the slope of a row of the table is the sum over the places that read it, collected one
symbol after the other in the order of the symbols; rows that nobody reads are zeros.

Attention, a head of width w, out = P V, P = softmax(S), S = Q Kᵀ/√w, with G the slope by out:

    by V: Pᵀ G,   by P: G Vᵀ =: D,   by S: P ∘ (D - rowsum(D ∘ P)) =: T,
    by Q: T K/√w,   by K: Tᵀ Q/√w,

and each of Q, K, V = x w_q, … hands on its product. Rows of T add up to 0. Beyond the causal mask P
is 0, and so is T.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows
from gradparity.problems import Arrays
from gradparity.problems.networks import Attention, Embedding, Positions


def embedding(layer: Embedding, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Rows of a table."""
    table, flat = params["table"], x.reshape(-1)

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        slope = np.zeros_like(table)
        if flat.size:
            order = np.argsort(flat, kind="stable")
            used, starts = np.unique(flat[order], return_index=True)
            slope[used] = np.add.reduceat(rows(g)[order], starts, axis=0)
        return None, {"table": slope}

    return table[x], back


def positions(layer: Positions, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A table added to every case."""
    return x + params["table"], lambda g, further=True: (g, {"table": g.sum(axis=0)})


@cache
def _later(t: int) -> Any:
    """Whether a place, (t, t), is later than the row's own."""
    return ~np.tri(t, dtype=bool)


def attention(layer: Attention, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Heads side by side; q, k and v are one product, and so are the slopes by the three."""
    n, t, d = x.shape
    cut = (n, t, 3, layer.heads, d // layer.heads)
    scale = cut[-1] ** -0.5
    weights = np.concatenate([params[name] for name in ("q", "k", "v")], axis=1)

    def three(joined: Any) -> Any:
        """q, k and v, each (n, heads, t, width)."""
        return joined.reshape(cut).transpose(2, 0, 3, 1, 4)

    q, k, v = three(rows(x) @ weights)
    p = q @ k.transpose(0, 1, 3, 2)
    p *= scale
    if layer.causal:
        np.copyto(p, -np.inf, where=_later(t))
    p -= p.max(axis=-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=-1, keepdims=True)
    out = (p @ v).transpose(0, 2, 1, 3).reshape(n * t, d)

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        by_out = (rows(g) @ params["o"].T).reshape(n, t, *cut[3:]).transpose(0, 2, 1, 3)
        by_s = score_slope(p, by_out @ v.transpose(0, 1, 3, 2))
        by_s *= scale
        joined = np.empty((n * t, 3 * d), x.dtype)
        by_q, by_k, by_v = three(joined)
        by_q[...] = by_s @ k
        by_k[...] = by_s.transpose(0, 1, 3, 2) @ q
        by_v[...] = p.transpose(0, 1, 3, 2) @ by_out
        by_weights = rows(x).T @ joined
        slopes = {name: by_weights[:, i * d : (i + 1) * d] for i, name in enumerate("qkv")}
        slopes["o"] = out.T @ rows(g)
        return (joined @ weights.T).reshape(x.shape) if further else None, slopes

    return (out @ params["o"]).reshape(x.shape), back


def score_slope(p: Any, by_p: Any) -> Any:
    """P ∘ (D - rowsum(D ∘ P)); its rows add up to 0."""
    return p * (by_p - np.sum(by_p * p, axis=-1, keepdims=True))
