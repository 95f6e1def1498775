"""Convolutions and pools: what a sliding window sees, reduced.

Arrays are (N, channels, *places), filters (out, channels / groups, *lengths), as in torch. One axis
after the other, the entries of the windows are strided slices of the array, put side by side; a
convolution (cross-correlation, as networks have it) is then one product of matrices, and its
derivative adds slices. Arguments for each axis: a number, or a tuple.

Source: torch.nn.functional, for names and arguments.
"""

from __future__ import annotations

import math
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Composite, Family

Lengths = int | tuple[int, ...]


def each(given: Lengths, rank: int) -> tuple[int, ...]:
    """One number for each of `rank` axes."""
    found = (given,) * rank if isinstance(given, int) else tuple(given)
    if len(found) != rank:
        raise InputError(f"{given} is not one number for each of {rank} axes")
    return found


def margins(
    padding: Any, lengths: tuple[int, ...], dilation: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Entries to put before and after each axis; "same" keeps its length at stride 1."""
    if padding == "same":
        reach = [(n - 1) * d for n, d in zip(lengths, dilation, strict=True)]
        return [(r // 2, r - r // 2) for r in reach]
    return [(p, p) for p in each(0 if padding == "valid" else padding, len(lengths))]


def windows(
    xp: Any, x: Any, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any:
    """(N, channels, *lengths, *places): what the window sees at each place."""
    rank = len(lengths)
    for i in range(rank):
        axis = 2 + i + i  # behind the lengths of the axes before, and their places
        n, reach = x.shape[axis], (lengths[i] - 1) * dilation[i]
        count = (n - reach - 1) // stride[i] + 1
        if count < 1:
            raise InputError(f"a window of {reach + 1} entries slides over an axis of {n}")
        before = (slice(None),) * axis
        starts = [j * dilation[i] for j in range(lengths[i])]
        last = (count - 1) * stride[i] + 1
        parts = [x[(*before, slice(s, s + last, stride[i]))] for s in starts]
        x = xp.stack(parts, axis=axis)
    order = (0, 1, *(2 + 2 * i for i in range(rank)), *(3 + 2 * i for i in range(rank)))
    return xp.permute_dims(x, order)


def convolution(rank: int) -> Composite:
    """The convolution over `rank` axes."""

    def operation(
        xp: Any,
        x: Any,
        weight: Any,
        bias: Any = None,
        stride: Lengths = 1,
        padding: Any = 0,
        dilation: Lengths = 1,
        groups: int = 1,
    ) -> Any:
        if x.ndim != rank + 2 or weight.ndim != rank + 2:
            raise InputError(
                f"xp.conv{rank}d takes arrays and filters of {rank + 2} axes, "
                f"not of {x.ndim} and {weight.ndim}"
            )
        out, part, *sizes = weight.shape
        count, channels, *_ = x.shape
        if channels != part * groups or out % groups:
            raise InputError(
                f"xp.conv{rank}d: {channels} channels in {groups} groups, "
                f"and {out} filters of {part} channels"
            )
        lengths, spread = tuple(sizes), each(dilation, rank)
        padded = xp.pad(x, ((0, 0), (0, 0), *margins(padding, lengths, spread)))
        seen = windows(xp, padded, lengths, each(stride, rank), spread)
        places = tuple(seen.shape[2 + rank :])
        entries = part * math.prod(lengths)
        if groups == 1:
            found = xp.matmul(
                xp.reshape(weight, (out, entries)),
                xp.reshape(seen, (count, entries, math.prod(places))),
            )
        else:
            found = xp.matmul(
                xp.reshape(weight, (groups, out // groups, entries)),
                xp.reshape(seen, (count, groups, entries, math.prod(places))),
            )
        result = xp.reshape(found, (count, out, *places))
        return result if bias is None else result + xp.reshape(bias, (out, *(1,) * rank))

    operation.__doc__ = f"""The {rank}-D convolution of x (N, C, *s) with weight (O, C/groups, *k).

    bias: (O,) or None. padding: zeros around, or "same" or "valid". dilation: how far apart the
    entries are that a filter reads.
    """
    return operation


def max_pool(rank: int) -> Composite:
    """The largest entry of windows over `rank` axes."""

    def operation(
        xp: Any, x: Any, kernel_size: Lengths, stride: Any = None, padding: Lengths = 0
    ) -> Any:
        seen = _seen(xp, x, rank, kernel_size, stride, padding, -math.inf)
        return xp.max(seen, axis=tuple(range(2, 2 + rank)))

    operation.__doc__ = "The largest entry of each window; ties share. stride: kernel_size if None."
    return operation


def avg_pool(rank: int) -> Composite:
    """The mean of windows over `rank` axes."""

    def operation(
        xp: Any, x: Any, kernel_size: Lengths, stride: Any = None, padding: Lengths = 0
    ) -> Any:
        seen = _seen(xp, x, rank, kernel_size, stride, padding, 0.0)
        return xp.mean(seen, axis=tuple(range(2, 2 + rank)))

    operation.__doc__ = "The mean of each window, padding counted. stride: kernel_size if None."
    return operation


def _seen(
    xp: Any, x: Any, rank: int, size: Lengths, stride: Any, padding: Lengths, fill: float
) -> Any:
    if x.ndim != rank + 2:
        raise InputError(f"a pool over {rank} axes takes {rank + 2} axes, not {x.ndim}")
    lengths, still = each(size, rank), (1,) * rank
    sides = margins(padding, lengths, still)
    padded = xp.pad(x, ((0, 0), (0, 0), *sides), constant_values=fill)
    return windows(xp, padded, lengths, each(size if stride is None else stride, rank), still)


FAMILY = Family(
    "windows",
    composites={
        f"{name}{rank}d": make(rank)
        for name, make in (("conv", convolution), ("max_pool", max_pool), ("avg_pool", avg_pool))
        for rank in (1, 2)
    },
)
