"""Parts of matrices, repetition, axes in another order, and margins.

Sources: Python array API standard 2024.12, "Manipulation functions", "Creation functions" and
"Linear algebra functions" (diagonal); NumPy for swapaxes, diag and pad.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.creation import diagonals
from gradparity.problems.operations.family import Family, by_name


def tril(xp: Any, x: Any, k: int = 0) -> Any:
    """The entries of matrices on the k-th diagonal and below, else 0."""
    return xp.where(diagonals(xp, x.shape[-2:]) <= k, x, xp.zeros_like(x))


def triu(xp: Any, x: Any, k: int = 0) -> Any:
    """The entries of matrices on the k-th diagonal and above, else 0."""
    return xp.where(diagonals(xp, x.shape[-2:]) >= k, x, xp.zeros_like(x))


def diagonal(xp: Any, x: Any, offset: int = 0) -> Any:
    """The diagonal of that offset of the last two axes, as the last axis."""
    *lead, rows, columns = x.shape
    count = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    first = offset if offset >= 0 else -offset * columns
    entries = slice(first, first + (count - 1) * (columns + 1) + 1, columns + 1)
    flat = xp.reshape(x, (*lead, rows * columns))
    return flat[(*(slice(None),) * len(lead), entries if count else slice(0, 0))]


def diag(xp: Any, x: Any, k: int = 0) -> Any:
    """Of a matrix its k-th diagonal; of a vector the matrix that has it there."""
    if x.ndim == 2:
        return xp.diagonal(x, offset=k)
    if x.ndim != 1:
        raise InputError(f"xp.diag of {x.ndim} dimensions; xp.diagonal takes stacks of matrices")
    n = x.shape[0] + abs(k)
    rest = xp.concat([x, xp.full((abs(k),), 0, dtype=x.dtype)], axis=0) if k else x
    spread = xp.broadcast_to(xp.reshape(rest, (n, 1) if k >= 0 else (1, n)), (n, n))
    return xp.where(diagonals(xp, (n, n)) == k, spread, xp.zeros_like(spread))


def tile(xp: Any, x: Any, repetitions: int | tuple[int, ...]) -> Any:
    """Copies of x side by side, so many along each axis."""
    given = (repetitions,) if isinstance(repetitions, int) else tuple(repetitions)
    rank = max(x.ndim, len(given))
    times = (*(1,) * (rank - len(given)), *given)
    shape = (*(1,) * (rank - x.ndim), *x.shape)
    if all(t == 1 for t in times):
        return xp.reshape(x, shape)
    apart = xp.reshape(x, tuple(m for n in shape for m in (1, n)))
    spread = xp.broadcast_to(
        apart, tuple(m for t, n in zip(times, shape, strict=True) for m in (t, n))
    )
    return xp.reshape(spread, tuple(t * n for t, n in zip(times, shape, strict=True)))


def repeat(xp: Any, x: Any, repeats: int | Sequence[int], axis: int | None = None) -> Any:
    """Each entry so many times in a row along an axis; flattened first, if it is None.

    repeats: a Python number, or one for each entry: the shape of the result depends on it.
    """
    line, place = (xp.reshape(x, (-1,)), 0) if axis is None else (x, axis % x.ndim)
    shape = tuple(line.shape)
    if isinstance(repeats, int):
        wide = (*shape[: place + 1], repeats, *shape[place + 1 :])
        spread = xp.broadcast_to(xp.expand_dims(line, axis=place + 1), wide)
        return xp.reshape(spread, (*shape[:place], shape[place] * repeats, *shape[place + 1 :]))
    if len(repeats) != shape[place] or not all(isinstance(n, int) for n in repeats):
        raise InputError("xp.repeat: repeats is a Python number, or one for each entry")
    before = (slice(None),) * place
    parts = [
        xp.broadcast_to(line[(*before, slice(i, i + 1))], (*shape[:place], n, *shape[place + 1 :]))
        for i, n in enumerate(repeats)
        if n
    ]
    if not parts:
        return line[(*before, slice(0, 0))]
    return xp.concat(parts, axis=place)


def unstack(xp: Any, x: Any, axis: int = 0) -> tuple[Any, ...]:
    """The parts of x along an axis, which they no longer have."""
    before = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, i)] for i in range(x.shape[axis]))


def moveaxis(
    xp: Any, x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...]
) -> Any:
    """x with axes moved to other places; the others keep their order."""
    sources = [a % x.ndim for a in (source if isinstance(source, tuple) else (source,))]
    places = [
        a % x.ndim for a in (destination if isinstance(destination, tuple) else (destination,))
    ]
    order = [a for a in range(x.ndim) if a not in sources]
    for place, a in sorted(zip(places, sources, strict=True)):
        order.insert(place, a)
    return xp.permute_dims(x, tuple(order))


def swapaxes(xp: Any, x: Any, axis1: int, axis2: int) -> Any:
    """x with two axes exchanged."""
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return xp.permute_dims(x, tuple(order))


def pad(xp: Any, x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Any:
    """x with a margin.

    pad_width: entries before and after, for each axis; a pair, or one number, is for all axes.
    mode: "constant" has one number there; "edge" the last entry; "reflect" and "symmetric" what
    lies behind the edge, without and with it; "wrap" what lies at the other end.
    Raises: InputError for another mode, or a margin wider than what it is made of.
    """
    for axis, (before, after) in enumerate(_widths(pad_width, x.ndim)):
        if before or after:
            front, back = _margin(xp, x, axis, before, after, mode, constant_values)
            x = xp.concat([*front, x, *back], axis=axis)
    return x


def _widths(width: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(width, int):
        return [(width, width)] * rank
    given = list(width)
    if len(given) == 2 and all(isinstance(w, int) for w in given):
        given = [tuple(given)]
    pairs = given * rank if len(given) == 1 else given
    if len(pairs) != rank or any(isinstance(w, int) or len(w) != 2 or min(w) < 0 for w in pairs):
        raise InputError(f"xp.pad: {width} is no pair of widths for each of {rank} axes")
    return [(before, after) for before, after in pairs]


def _margin(
    xp: Any, x: Any, axis: int, before: int, after: int, mode: str, number: float
) -> tuple[list[Any], list[Any]]:
    """What comes in front of x along an axis, and behind it."""
    n, lead = x.shape[axis], (slice(None),) * axis

    def part(start: int, stop: int) -> Any:
        return x[(*lead, slice(start, stop))]

    def repeated(entry: Any, count: int) -> Any:
        return xp.broadcast_to(entry, (*x.shape[:axis], count, *x.shape[axis + 1 :]))

    if mode == "constant":
        shapes = [(*x.shape[:axis], count, *x.shape[axis + 1 :]) for count in (before, after)]
        front, back = (xp.full(shape, number, dtype=x.dtype) for shape in shapes)
    elif mode == "edge" and n:
        front, back = repeated(part(0, 1), before), repeated(part(n - 1, n), after)
    elif mode in ("reflect", "symmetric", "wrap"):
        skipped = int(mode == "reflect")
        if max(before, after) > n - skipped:
            raise InputError(
                f"xp.pad: a margin of {max(before, after)} by {mode!r} needs an axis of "
                f"{max(before, after) + skipped} entries, not {n}"
            )
        if mode == "wrap":
            front, back = part(n - before, n), part(0, after)
        else:
            front = xp.flip(part(skipped, skipped + before), axis=axis)
            back = xp.flip(part(n - skipped - after, n - skipped), axis=axis)
    else:
        raise InputError(
            f"xp.pad: {mode!r} of an axis of {n} entries; known: constant, edge, reflect, "
            "symmetric, wrap"
        )
    return [front] if before else [], [back] if after else []


FAMILY = Family(
    "arrangements",
    composites=by_name(tril, triu, diagonal, diag, tile, repeat, unstack, moveaxis, swapaxes, pad),
)
