"""NumPy's functions that are a few others in a row, written in those: they note their own steps.

Arguments are NumPy's, recorded arrays or plain ones among them. What is asked of values alone, as
where a grid point lies or which entry is NaN, is as it is at the point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import RecordedArray
from gradparity.harness.plain.from_numpy.choosing import CHOOSING
from gradparity.harness.plain.from_numpy.linear import det
from gradparity.harness.plain.steps.translation import Untranslatable


def _plain(x: Any) -> Any:
    """The values of an array at the point."""
    return x.value if isinstance(x, RecordedArray) else np.asarray(x)


def _vectors(x: Any, rank: int) -> Any:
    """x with at least so many axes."""
    return x if np.ndim(_plain(x)) >= rank else np.reshape(x, (-1, *(1,) * (rank - 1)))


def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    if axis is None:
        return np.concatenate([np.reshape(arr, (-1,)), np.reshape(values, (-1,))])
    return np.concatenate([arr, values], axis=axis)


def _column_stack(tup: Any) -> Any:
    return np.concatenate([_vectors(x, 2) for x in tup], axis=1)


def _dstack(tup: Any) -> Any:
    deep = [np.reshape(x, (1, -1)) if np.ndim(_plain(x)) < 2 else x for x in tup]
    return np.concatenate([x[..., None] if np.ndim(_plain(x)) < 3 else x for x in deep], axis=2)


def _block(arrays: Any) -> Any:
    if not isinstance(arrays, list):
        return arrays
    if any(isinstance(x, list) for x in arrays):
        return np.concatenate([_block(x) for x in arrays], axis=-2)
    return np.concatenate(arrays, axis=-1)


def _meshgrid(*xi: Any, indexing: str = "xy", copy: bool = True, sparse: bool = False) -> Any:
    if sparse:
        raise Untranslatable("np.meshgrid with sparse=True has no translation")
    counts: Any = [np.arange(np.size(_plain(x))) for x in xi]
    grid: Callable[..., Any] = np.meshgrid
    values = grid(*counts, indexing=indexing)
    return [np.take(x, at) for x, at in zip(xi, values, strict=True)]


def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    part = np.linspace(0.0, 1.0, num, endpoint=endpoint)
    part = part.reshape(-1, *(1,) * max(np.ndim(_plain(start)), np.ndim(_plain(stop))))
    return start * (1.0 - part) + stop * part


def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    if len(a) < len(v):
        raise Untranslatable("np.correlate with the shorter vector first has no translation")
    convolve: Callable[..., Any] = np.convolve
    return convolve(a, v[::-1], mode)


def _sides(x: Any, axis: int) -> tuple[Any, Any]:
    """What begins each step along an axis, and what ends it."""
    before = (slice(None),) * (axis % np.ndim(_plain(x)))
    return x[(*before, slice(None, -1))], x[(*before, slice(1, None))]


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    left, right = _sides(y, axis)
    width: Any = dx
    if x is not None:
        width = np.diff(x, axis=-1 if np.ndim(_plain(x)) == 1 else axis)
        if np.ndim(_plain(x)) == 1:
            width = np.reshape(width, (-1, *(1,) * (np.ndim(_plain(y)) - 1 - axis % y.ndim)))
    return np.sum((left + right) * width * 0.5, axis=axis)


def _gradient(f: Any, *spacing: Any, axis: int | None = None, edge_order: int = 1) -> Any:
    if edge_order != 1 or len(spacing) > 1 or any(np.ndim(_plain(h)) for h in spacing):
        raise Untranslatable("np.gradient on an uneven grid, or of another order at the edges")
    h = spacing[0] if spacing else 1.0

    def along(a: int) -> Any:
        before = (slice(None),) * a
        left, right = _sides(f, a)
        steps = (right - left) / h
        inner = 0.5 * (steps[(*before, slice(None, -1))] + steps[(*before, slice(1, None))])
        ends = (steps[(*before, slice(None, 1))], steps[(*before, slice(-1, None))])
        return np.concatenate([ends[0], inner, ends[1]], axis=a)

    if axis is not None or f.ndim == 1:
        return along((axis or 0) % f.ndim)
    return tuple(along(a) for a in range(f.ndim))


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    if left is not None or right is not None:
        raise Untranslatable("np.interp with values of its own beyond the ends")
    at, known = _plain(x), _plain(xp)
    below = np.clip(np.searchsorted(known, at, side="right") - 1, 0, len(known) - 2)
    x0, f0 = xp[below], fp[below]
    line = f0 + (x - x0) * ((fp[below + 1] - f0) / (xp[below + 1] - x0))
    inside = np.where(at < known[0], fp[0], line)
    return np.where(at > known[-1], fp[-1], inside)


def _cov(m: Any, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Any:
    rows = _vectors(m, 2).T if np.ndim(_plain(m)) < 2 or not rowvar else m
    deviation = rows - np.mean(rows, axis=1, keepdims=True)
    freedom = rows.shape[1] - (int(not bias) if ddof is None else ddof)
    return np.squeeze(deviation @ deviation.T / freedom)


def _corrcoef(x: Any, rowvar: bool = True) -> Any:
    c = _cov(x, rowvar)
    spread = np.sqrt(np.diagonal(c))
    return c / np.reshape(spread, (-1, 1)) / spread


def _fill_diagonal(a: Any, val: Any) -> None:
    places = (np.arange(min(a.shape)),) * a.ndim
    a[places] = val


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int) -> None:
    shape = np.shape(indices)
    key = [
        np.arange(n).reshape([-1 if b == a else 1 for b in range(len(shape))])
        for a, n in enumerate(shape)
    ]
    key[axis % len(shape)] = indices
    arr[tuple(key)] = values


def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    if isinstance(x, RecordedArray):
        raise Untranslatable("np.bincount of a parameter has no translation")
    count = max(int(np.max(x, initial=-1)) + 1, minlength)
    if count * np.size(x) > 10_000_000:
        raise Untranslatable("np.bincount of so many bins and entries")
    return np.matmul((np.arange(count)[:, None] == np.asarray(x)).astype(float), weights)


def _without_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of the same name without "nan", where there is none."""

    def same(a: Any, *args: Any, **kwargs: Any) -> Any:
        if np.isnan(_plain(a)).any():
            raise Untranslatable(f"np.nan{function.__name__} of an array with NaN")
        return function(a, *args, **kwargs)

    return same


def _nansum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sum(np.where(np.isnan(_plain(a)), 0.0, a), axis=axis, keepdims=keepdims)


def _nanmean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    count = np.sum(~np.isnan(_plain(a)), axis=axis, keepdims=keepdims)
    return _nansum(a, axis, keepdims) / count


def _polyval(p: Any, x: Any) -> Any:
    found: Any = 0.0
    for coefficient in p:
        found = found * x + coefficient
    return found


def _lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """The solution and its squared residuals by Q R; rank and singular values as they are."""
    (m, n), plain = np.shape(_plain(a)), np.linalg.svdvals(_plain(a))
    rank = int(np.linalg.matrix_rank(_plain(a)))
    if rank < min(m, n) or rcond is not None:
        raise Untranslatable("np.linalg.lstsq of a matrix of lower rank, or with rcond")
    if m >= n:
        q, r = np.linalg.qr(a)
        x = np.linalg.solve(r, q.T @ b)
    else:
        q, r = np.linalg.qr(np.transpose(a))
        x = q @ np.linalg.solve(np.transpose(r), b)
    off = np.sum(np.square(a @ x - b), axis=0) if m > n else np.zeros(0)
    return x, np.reshape(off, (-1,)), rank, plain


COMPOSED: dict[Any, Callable[..., Any]] = {
    **CHOOSING,
    np.linalg.det: det,
    np.append: _append,
    np.column_stack: _column_stack,
    np.dstack: _dstack,
    np.block: _block,
    np.meshgrid: _meshgrid,
    np.linspace: _linspace,
    np.correlate: _correlate,
    np.trapezoid: _trapezoid,
    np.gradient: _gradient,
    np.interp: _interp,
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.fill_diagonal: _fill_diagonal,
    np.put_along_axis: _put_along_axis,
    np.bincount: _bincount,
    np.nansum: _nansum,
    np.nanmean: _nanmean,
    np.polyval: _polyval,
    np.linalg.lstsq: _lstsq,
    **{getattr(np, f"nan{f.__name__}"): _without_nan(f) for f in (np.std, np.var, np.median)},
    **{getattr(np, f"nan{f.__name__}"): _without_nan(f) for f in (np.max, np.min, np.quantile)},
}
"""Functions that are run on recorded arrays."""
