"""Torch's embeddings, and its reductions over groups: scatter_reduce and embedding_bag.

A rule is as in `rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.steps.movement import added, combined, moved, positions

_JOINS = {"sum": "add", "mean": "add", "prod": "mul", "amax": "max", "amin": "min"}
_NOTHING = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -np.inf, "amin": np.inf}


def _scatter_reduced(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """Entries of src joined with those of self at the places of index; a mean counts them."""
    x, index, how, kept = a["self"], a["index"], a["reduce"], a.get("include_self", True)
    shape = tuple(x.shape)
    numbered = torch.from_numpy(positions(shape))
    places = torch.ops.aten.gather(numbered, a["dim"], index).numpy()
    corner = tuple(slice(0, n) for n in index.shape)
    source = r.step(lambda xp, y: y[corner], r.operand(a["src"], whole=True))
    hits = np.bincount(places.reshape(-1), minlength=numbered.numel()).reshape(shape)
    base: Any = r.operand(x, whole=True)
    if not kept:
        nothing = _NOTHING[how]
        touched = r.recording.datum(hits > 0)
        base = r.step(lambda xp, t, x: xp.where(t, nothing, x), touched, base)
    joined = combined(r.recording, base, shape, source, places, _JOINS[how])
    if how != "mean":
        return joined
    counts = r.recording.datum(np.maximum(hits + int(kept), 1).astype(float))
    return r.step(lambda xp, x, n: x / n, joined, counts)


def _embedding(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The rows of these indices; that of padding_idx has no slope."""
    weight, indices, padding = a["weight"], a["indices"], a.get("padding_idx", -1)
    if a.get("scale_grad_by_freq", False):
        return NotImplemented
    rows = positions(tuple(weight.shape))[indices.numpy()]
    taken = moved(r.recording, r.operand(weight, whole=True), rows)
    padded = (indices == padding).numpy()
    if padding < 0 or not padded.any() or not r.holds("padding_idx", weight):
        return taken
    held = r.recording.datum(outs[0].detach().numpy())
    kept = r.recording.datum(np.broadcast_to(padded[..., None], outs[0].shape))
    return r.step(lambda xp, kept, held, x: xp.where(kept, held, x), kept, held, taken)


def _embedding_bag(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The sum or the mean of the rows in each bag."""
    weight, indices, offsets = a["weight"], a["indices"].numpy(), a["offsets"].numpy()
    mode = a.get("mode", 0)
    if mode == 2 or a.get("per_sample_weights") is not None or a.get("padding_idx", -1) != -1:
        return NotImplemented
    bags, width = outs[0].shape
    bag = np.searchsorted(offsets[:bags], np.arange(len(indices)), side="right") - 1
    rows = positions(tuple(weight.shape))[indices]
    taken = moved(r.recording, r.operand(weight, whole=True), rows)
    places = positions((bags, width))[bag]
    total: Any = added(
        r.recording, r.recording.datum(np.zeros((bags, width))), (bags, width), taken, places
    )
    if mode == 1:
        counts = np.maximum(np.bincount(bag, minlength=bags), 1).astype(float).reshape(-1, 1)
        total = r.step(lambda xp, x, n: x / n, total, r.recording.datum(counts))
    return [total, *[None] * (len(outs) - 1)]


GROUPS: dict[str, TorchRule] = {
    "scatter_reduce": _scatter_reduced,
    "embedding": _embedding,
    "_embedding_bag": _embedding_bag,
    "_embedding_bag_forward_only": _embedding_bag,
}
"""The calls that reduce groups."""
