"""Torch's embeddings, and its reductions over groups: scatter_reduce, segment_reduce, bags.

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
    rows = positions(tuple(weight.shape))[indices.numpy()]
    taken = moved(r.recording, r.operand(weight, whole=True), rows)
    if a.get("scale_grad_by_freq", False) and r.holds("scale_grad_by_freq", weight):
        # As documented, and no derivative: of a row that is read n times 1/n is meant to move.
        times = np.bincount(indices.numpy().ravel(), minlength=len(weight))[indices.numpy()]
        share = r.recording.datum(np.broadcast_to(1.0 / times[..., None], outs[0].shape))
        held = r.recording.datum(outs[0].detach().numpy() * (1 - 1.0 / times[..., None]))
        taken = r.step(lambda xp, share, held, x: share * x + held, share, held, taken)
    padded = (indices == padding).numpy()
    if padding < 0 or not padded.any() or not r.holds("padding_idx", weight):
        return taken
    held = r.recording.datum(outs[0].detach().numpy())
    kept = r.recording.datum(np.broadcast_to(padded[..., None], outs[0].shape))
    return r.step(lambda xp, kept, held, x: xp.where(kept, held, x), kept, held, taken)


def _embedding_bag(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The sum, the mean or the largest entries of the rows in each bag."""
    weight, indices, offsets = a["weight"], a["indices"].numpy(), a["offsets"].numpy()
    mode = a.get("mode", 0)
    if a.get("per_sample_weights") is not None or a.get("padding_idx", -1) != -1:
        return NotImplemented
    bags, width = outs[0].shape
    bag = np.searchsorted(offsets[:bags], np.arange(len(indices)), side="right") - 1
    rows = positions(tuple(weight.shape))[indices]
    taken = moved(r.recording, r.operand(weight, whole=True), rows)
    places = positions((bags, width))[bag]
    if mode == 2:
        filled = np.bincount(bag, minlength=bags) > 0
        least = np.broadcast_to(np.where(filled, -np.inf, 0.0)[:, None], (bags, width))
        start = r.recording.datum(least)
        largest = combined(r.recording, start, (bags, width), taken, places, "max")
        return [largest, *[None] * (len(outs) - 1)]
    total: Any = added(
        r.recording, r.recording.datum(np.zeros((bags, width))), (bags, width), taken, places
    )
    if mode == 1:
        counts = np.maximum(np.bincount(bag, minlength=bags), 1).astype(float).reshape(-1, 1)
        total = r.step(lambda xp, x, n: x / n, total, r.recording.datum(counts))
    return [total, *[None] * (len(outs) - 1)]


def _segment_reduced(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """Neighbouring rows joined, so many to a segment; one without rows holds what joins nothing."""
    lengths, offsets = a.get("lengths"), a.get("offsets")
    data, how = a["data"], {"max": "amax", "min": "amin"}.get(a["reduce"], a["reduce"])
    if a.get("axis", 0) != 0 or how not in _JOINS or (lengths is None) == (offsets is None):
        return NotImplemented
    counts = np.asarray(lengths) if offsets is None else np.diff(np.asarray(offsets))
    if counts.ndim != 1 or (how == "mean" and not counts.all()):
        return NotImplemented
    shape = tuple(outs[0].shape)
    first = 0 if offsets is None else int(np.asarray(offsets)[0])
    rows = positions(tuple(data.shape))[first : first + int(counts.sum())]
    source = moved(r.recording, r.operand(data, whole=True), rows)
    places = np.repeat(positions(shape), counts, axis=0)
    nothing = _NOTHING[how] if a.get("initial") is None else float(a["initial"])
    start = r.recording.datum(np.full(shape, nothing))
    joined = combined(r.recording, start, shape, source, places, _JOINS[how])
    if how != "mean":
        return joined
    each = r.recording.datum(counts.astype(float).reshape(-1, *(1,) * (len(shape) - 1)))
    return r.step(lambda xp, x, n: x / n, joined, each)


GROUPS: dict[str, TorchRule] = {
    "scatter_reduce": _scatter_reduced,
    "segment_reduce": _segment_reduced,
    "embedding": _embedding,
    "_embedding_bag": _embedding_bag,
    "_embedding_bag_forward_only": _embedding_bag,
}
"""The calls that reduce groups."""
