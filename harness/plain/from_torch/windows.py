"""Torch's convolutions and pools, by the windows that they read; rules as in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.steps.windows import Window, convolved, pooled, windows
from gradparity.problems import Array


def _spread(numbers: Any, count: int) -> tuple[int, ...]:
    """One number per axis; a single one stands for all."""
    given = tuple(numbers) if isinstance(numbers, list | tuple) else (numbers,)
    return given * count if len(given) == 1 else given


def _convolution(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    x, filters, groups = a["input"], a["weight"], a["groups"]
    count = x.ndim - 2
    strides, padding = _spread(a["stride"], count), _spread(a["padding"], count)
    dilation = _spread(a["dilation"], count)
    lengths, shape = tuple(filters.shape[2:]), tuple(filters.shape)
    weight: Any = r.operand(filters)
    if a["transposed"]:
        # The adjoint: spread the input, reverse the filters, exchange their channels.
        extra = _spread(a["output_padding"], count)
        reach = [d * (n - 1) for d, n in zip(dilation, lengths, strict=True)]
        sides = tuple((n - p, n - p + e) for n, p, e in zip(reach, padding, extra, strict=True))
        window = Window(lengths, (1,) * count, sides, strides, dilation)
        inside, outside = shape[0] // groups, shape[1]
        shape = (groups * outside, inside, *lengths)
        axes = tuple(range(3, 3 + count))

        def exchanged(xp: Any, w: Array) -> Array:
            grouped = xp.reshape(w, (groups, inside, outside, *lengths))
            swapped = xp.permute_dims(xp.flip(grouped, axis=axes), (0, 2, 1, *axes))
            return xp.reshape(swapped, shape)

        weight = r.step(exchanged, weight)
    else:
        sides = tuple((p, p) for p in padding)
        window = Window(lengths, strides, sides, (1,) * count, dilation)
    result = convolved(r.recording, r.operand(x), tuple(x.shape), weight, shape, window, groups)
    if a.get("bias") is None:
        return result
    column = (-1, *(1,) * count)
    return r.step(lambda xp, y, b: y + xp.reshape(b, column), result, a["bias"])


def _pool_window(a: Given, count: int) -> Window | None:
    """The window of a pool; None if its last places may hang over the edge (ceil_mode)."""
    lengths = _spread(a["kernel_size"], count)
    return None if a.get("ceil_mode") else Window(
        lengths,
        _spread(a["stride"] or lengths, count),
        tuple((p, p) for p in _spread(a["padding"], count)),
        (1,) * count,
        _spread(a.get("dilation", 1), count),
    )  # fmt: skip


def _largest(count: int) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        window = _pool_window(a, count)
        if window is None:
            return NotImplemented
        x = a["self"]
        at = np.moveaxis(windows(tuple(x.shape), window), x.ndim - count, -1)
        return [pooled(r.recording, r.operand(x), at, True), *[None] * (len(outs) - 1)]

    return rule


def _average(count: int) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        window = _pool_window(a, count)
        if window is None:
            return NotImplemented
        x = a["self"]
        at = np.moveaxis(windows(tuple(x.shape), window), x.ndim - count, -1)
        divisor = a.get("divisor_override") or np.prod(window.lengths)
        if not a.get("count_include_pad", True) and not a.get("divisor_override"):
            divisor = np.sum(at >= 0, axis=-1).astype(np.float64)
        summed = pooled(r.recording, r.operand(x), at, False)
        return r.step(lambda xp, x, n: x / n, summed, r.recording.constant(divisor))

    return rule


WINDOWS: dict[str, TorchRule] = {
    "convolution": _convolution,
    "_convolution": _convolution,
    "max_pool2d_with_indices": _largest(2),
    "max_pool3d_with_indices": _largest(3),
    "avg_pool1d": _average(1),
    "avg_pool2d": _average(2),
    "avg_pool3d": _average(3),
}
"""Convolutions and pools."""
