"""Torch's calls that move entries: views, joins, indexing, scatters, sorts.

A rule is as in `rules`. Views that a loss has an operation for use it; any other call is run
on the positions of its tensor (`movement`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.steps.movement import added, moved, positions, replaced
from gradparity.harness.plain.steps.ranks import ranked


def _reshaped(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    shape = tuple(outs[0].shape)
    if shape == tuple(a["self"].shape):
        return r.operand(a["self"])
    return r.step(lambda xp, x: xp.reshape(x, shape), a["self"])


def _expanded(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    shape = tuple(outs[0].shape)
    return r.step(lambda xp, x: xp.broadcast_to(x, shape), a["self"])


def _ordered(r: Recorder, x: Any, order: Sequence[int]) -> Any:
    axes = tuple(order)
    return r.step(lambda xp, x: xp.permute_dims(x, axes), x)


def _permuted(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    return _ordered(r, a["self"], [d % a["self"].ndim for d in a["dims"]])


def _transposed(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    count = a["self"].ndim
    if count < 2:
        return r.operand(a["self"])
    first, second = a.get("dim0", 0) % count, a.get("dim1", 1) % count
    order = list(range(count))
    order[first], order[second] = second, first
    return _ordered(r, a["self"], order)


def _selected(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    key = (*(slice(None),) * (a["dim"] % a["self"].ndim), int(a["index"]))
    return r.step(lambda xp, x: x[key], a["self"])


def _sliced(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    part = slice(a.get("start"), a.get("end"), a.get("step", 1))
    key = (*(slice(None),) * (a.get("dim", 0) % a["self"].ndim), part)
    return r.step(lambda xp, x: x[key], a["self"])


def _concatenated(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    axis = a.get("dim", 0)
    parts = [x for x in a["tensors"] if x.ndim == outs[0].ndim]
    return r.step(lambda xp, *parts: xp.concat(list(parts), axis=axis), *parts, whole=True)


def _stacked(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    axis = a.get("dim", 0)
    return r.step(lambda xp, *xs: xp.stack(list(xs), axis=axis), *a["tensors"], whole=True)


def _numbered(x: Any) -> Any:
    """1, 2, 3, ... in a tensor of x's shape, in float64, so that 0 stands for a filled place."""
    return torch.from_numpy(positions(tuple(x.shape)) + 1.0)


def _found(numbered: Any) -> np.ndarray[Any, Any]:
    return np.asarray(numbered.numpy()).astype(np.int64) - 1


def _moving(name: str, *arguments: str) -> TorchRule:
    """The rule of a call that only moves entries of its first argument, or fills with zeros."""

    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        first, *others = arguments
        call = getattr(torch.ops.aten, name)
        where = call(_numbered(a[first]), *(_plain(a[key]) for key in others))
        found = list(where) if isinstance(where, list | tuple) else [where]
        results = [moved(r.recording, r.operand(a[first]), _found(x)) for x in found]
        return results if len(results) > 1 else results[0]

    return rule


def _plain(argument: Any) -> Any:
    return argument.detach() if isinstance(argument, torch.Tensor) else argument


def _padded(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    where = torch.ops.aten.constant_pad_nd(_numbered(a["self"]), a["pad"], 0)
    return moved(r.recording, r.operand(a["self"]), _found(where), float(a.get("value", 0)))


def _put(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    places = _found(torch.ops.aten.index(_numbered(a["self"]), a["indices"]))
    move = added if a.get("accumulate") else replaced
    return _placed(r, a["self"], a["values"], places, move)


def _placed(r: Recorder, x: Any, update: Any, places: Any, move: Callable[..., Any]) -> Any:
    """x with an update, which is broadcast to its places."""
    spread = r.step(lambda xp, y: xp.broadcast_to(y, places.shape), r.operand(update, whole=True))
    return move(r.recording, r.operand(x, whole=True), tuple(x.shape), spread, places)


def _scattered(move: Callable[..., Any]) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        if a.get("reduce") is not None:
            return NotImplemented
        index = a["index"]
        places = _found(torch.ops.aten.gather(_numbered(a["self"]), a["dim"], index))
        source = a.get("src", a.get("value"))
        if isinstance(source, torch.Tensor) and source.ndim:
            corner = tuple(slice(0, n) for n in index.shape)
            source = r.step(lambda xp, x: x[corner], r.operand(source, whole=True))
        return _placed(r, a["self"], source, places, move)

    return rule


def _index_added(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    places = _found(torch.index_select(_numbered(a["self"]), a["dim"], a["index"]))
    source = r.operand(a["source"], whole=True)
    if a.get("alpha", 1) != 1:
        source = r.step(lambda xp, x: a["alpha"] * x, source)
    return _placed(r, a["self"], source, places, added)


def _index_copied(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    places = _found(torch.index_select(_numbered(a["self"]), a["dim"], a["index"]))
    return _placed(r, a["self"], a["source"], places, replaced)


def _part_replaced(name: str, *arguments: str) -> TorchRule:
    """select_scatter and its like: the entries that the view would show, replaced."""

    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        view = getattr(torch.ops.aten, name)
        places = _found(view(_numbered(a["self"]), *(a[key] for key in arguments)))
        return _placed(r, a["self"], a["src"], places, replaced)

    return rule


def _copied(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The result of copy and fill: the source in the shape of the tensor that it is written to."""
    shape = tuple(outs[0].shape)
    source = a["src"] if "src" in a else a["value"]
    return r.step(lambda xp, x: xp.broadcast_to(x, shape), r.operand(source, whole=True))


def _ranked(r: Recorder, a: Given, outs: Sequence[Any], running: bool = False) -> Any:
    """sort, topk, kthvalue, median along an axis: the entries at the indices that torch found."""
    values, indices = outs
    if a["self"].ndim == 0:
        return [r.operand(a["self"]), None]
    axis = a.get("dim", -1) % a["self"].ndim
    dropped = values.ndim < a["self"].ndim
    at = (indices.unsqueeze(axis) if dropped else indices).numpy()
    x = r.operand(a["self"], whole=True)
    taken = ranked(r.recording, x, a["self"].detach().numpy(), at, axis, running)
    if dropped:
        taken = r.step(lambda xp, x: xp.squeeze(x, axis=axis), taken)
    return [taken, None]


def _median(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    if len(outs) == 2:
        return _ranked(r, a, outs)
    flat = a["self"].detach().reshape(-1).numpy()
    entries = r.step(lambda xp, x: xp.reshape(x, (-1,)), r.operand(a["self"], whole=True))
    at = np.flatnonzero(flat == outs[0].item())[:1]
    picked = ranked(r.recording, entries, flat, at, 0)
    return r.step(lambda xp, x: xp.reshape(x, ()), picked)


_SAME_ORDER = (
    *("view", "_unsafe_view", "reshape", "_reshape_alias", "_reshape_copy", "view_copy"),
    *("unsqueeze", "squeeze", "flatten", "clone", "alias", "detach", "lift_fresh", "lift"),
    *("contiguous", "squeeze_copy", "unsqueeze_copy", "alias_copy", "positive", "view_of"),
)

MOVEMENT: dict[str, TorchRule] = {
    "as_strided": lambda r, a, outs: r.storages.read(outs[0]),
    **{name: _reshaped for name in _SAME_ORDER},
    "expand": _expanded,
    "permute": _permuted,
    "transpose": _transposed,
    "t": _transposed,
    "numpy_T": _transposed,
    "select": _selected,
    "slice": _sliced,
    "cat": _concatenated,
    "stack": _stacked,
    "index": _moving("index", "self", "indices"),
    "index_select": _moving("index_select", "self", "dim", "index"),
    "gather": _moving("gather", "self", "dim", "index"),
    "take": _moving("take", "self", "index"),
    "masked_select": _moving("masked_select", "self", "mask"),
    "flip": _moving("flip", "self", "dims"),
    "roll": _moving("roll", "self", "shifts", "dims"),
    "repeat": _moving("repeat", "self", "repeats"),
    "unbind": _moving("unbind", "self", "dim"),
    "split": _moving("split", "self", "split_size", "dim"),
    "split_with_sizes": _moving("split_with_sizes", "self", "split_sizes", "dim"),
    "diagonal": _moving("diagonal", "self", "offset", "dim1", "dim2"),
    "diag_embed": _moving("diag_embed", "self", "offset", "dim1", "dim2"),
    "unfold": _moving("unfold", "self", "dimension", "size", "step"),
    "tril": _moving("tril", "self", "diagonal"),
    "triu": _moving("triu", "self", "diagonal"),
    "pixel_shuffle": _moving("pixel_shuffle", "self", "upscale_factor"),
    "reflection_pad1d": _moving("reflection_pad1d", "self", "padding"),
    "reflection_pad2d": _moving("reflection_pad2d", "self", "padding"),
    "replication_pad1d": _moving("replication_pad1d", "self", "padding"),
    "replication_pad2d": _moving("replication_pad2d", "self", "padding"),
    "im2col": _moving("im2col", "self", "kernel_size", "dilation", "padding", "stride"),
    "constant_pad_nd": _padded,
    "index_put": _put,
    "_unsafe_index_put": _put,
    "scatter": _scattered(replaced),
    "scatter_add": _scattered(added),
    "index_add": _index_added,
    "index_copy": _index_copied,
    "select_scatter": _part_replaced("select", "dim", "index"),
    "slice_scatter": _part_replaced("slice", "dim", "start", "end", "step"),
    "diagonal_scatter": _part_replaced("diagonal", "offset", "dim1", "dim2"),
    "copy": _copied,
    "fill": _copied,
    **{name: _ranked for name in ("sort", "topk", "kthvalue", "mode")},
    **{name: partial(_ranked, running=True) for name in ("cummax", "cummin")},
    "median": _median,
}
"""The calls that move entries."""
