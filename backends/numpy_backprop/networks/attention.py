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

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows
from gradparity.problems import Arrays
from gradparity.problems.networks import Attention, Embedding, Positions


def embedding(layer: Embedding, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Rows of a table."""
    table, flat = params["table"], x.reshape(-1)

    def back(g: Any) -> tuple[Any, Arrays]:
        slope = np.zeros_like(table)
        if flat.size:
            order = np.argsort(flat, kind="stable")
            used, starts = np.unique(flat[order], return_index=True)
            slope[used] = np.add.reduceat(rows(g)[order], starts, axis=0)
        return None, {"table": slope}

    return table[x], back


def positions(layer: Positions, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A table added to every case."""
    return x + params["table"], lambda g: (g, {"table": g.sum(axis=0)})


def attention(layer: Attention, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Heads side by side."""
    n, t, d = x.shape
    width = d // layer.heads
    scale = width**-0.5

    def heads(y: Any) -> Any:
        return y.reshape(n, t, layer.heads, width).transpose(0, 2, 1, 3)

    def joined(y: Any) -> Any:
        return y.transpose(0, 2, 1, 3).reshape(n, t, d)

    q, k, v = (heads(x @ params[name]) for name in ("q", "k", "v"))
    s = scale * (q @ k.transpose(0, 1, 3, 2))
    if layer.causal:
        s[..., np.triu_indices(t, 1)[0], np.triu_indices(t, 1)[1]] = -np.inf
    p = np.exp(s - s.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    out = joined(p @ v)

    def back(g: Any) -> tuple[Any, Arrays]:
        by_out = heads(g @ params["o"].T)
        by_p = by_out @ v.transpose(0, 1, 3, 2)
        by_s = scale * score_slope(p, by_p)
        slopes = {
            "q": joined(by_s @ k),
            "k": joined(by_s.transpose(0, 1, 3, 2) @ q),
            "v": joined(p.transpose(0, 1, 3, 2) @ by_out),
        }
        by_x = sum(slope @ params[name].T for name, slope in slopes.items())
        flat = rows(x).T
        by_weight = {name: flat @ rows(slope) for name, slope in slopes.items()}
        return by_x, {**by_weight, "o": rows(out).T @ rows(g)}

    return out @ params["o"], back


def score_slope(p: Any, by_p: Any) -> Any:
    """P ∘ (D - rowsum(D ∘ P)); its rows add up to 0."""
    return p * (by_p - np.sum(by_p * p, axis=-1, keepdims=True))
