"""Fourier transforms as linear maps: products with cosines and sines, an axis at a time.

    X_k = Σ_j x_j e^(-2πi jk/n),     x_j = 1/n Σ_k X_k e^(2πi jk/n)

A real array has X_(n-k) = conj X_k, so that its transform is kept to k ≤ n/2, and the inverse takes
each of those but the first, and for even n the last, twice. The cosines are taken from a table of
n, in the precision of whoever computes; those that are 0 are 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.complex_pairs import Apply, Pair
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array

MOST = 2048
"""The longest axis: the map has as many rows as columns."""


def transformed(
    apply: Apply, x: Pair, kind: str, axes: Sequence[int], lengths: Sequence[int]
) -> tuple[Any, Any]:
    """The parts of a transform of x; the imaginary part of "irfft" is None.

    kind: "fft", "ifft", "rfft" or "irfft", with the factors of `np.fft`: 1, and 1/n back. axes: of
    x, not negative, the last of them the one that is halved. lengths: n of each.
    Raises: Untranslatable beyond `MOST`.
    """
    if max(lengths) > MOST:
        raise Untranslatable(f"a Fourier transform of more than {MOST} entries along an axis")
    re, im = x.re, x.im
    *others, last = zip(axes, lengths, strict=True)
    if kind == "rfft":
        re, im = _along(apply, re, None, *last, -1, last[1] // 2 + 1)
    for axis, n in others if kind in ("rfft", "irfft") else [*others, last]:
        re, im = _along(apply, re, im, axis, n, -1 if kind in ("fft", "rfft") else 1, n)
    return (_back(apply, re, im, *last), None) if kind == "irfft" else (re, im)


def _along(
    apply: Apply, re: Any, im: Any, axis: int, n: int, sign: int, kept: int
) -> tuple[Any, Any]:
    """The transform along one axis, its first `kept` entries; sign: of i in the exponent."""
    circle, at = _circle(n), np.outer(np.arange(n), np.arange(kept)) % n
    factor = 1 if sign < 0 else n

    def even(xp: Any, x: Array, *table: Array) -> Array:
        return _product(xp, x, _cosines(xp, *table[1:]), table[0], axis) / factor

    def odd(xp: Any, x: Array, *table: Array) -> Array:
        return sign * _product(xp, x, _sines(xp, *table[1:]), table[0], axis) / factor

    def real(xp: Any, x: Array, y: Array, *table: Array) -> Array:
        return even(xp, x, *table) - odd(xp, y, *table)

    def imaginary(xp: Any, x: Array, y: Array, *table: Array) -> Array:
        return odd(xp, x, *table) + even(xp, y, *table)

    if im is None:
        return apply(even, re, at, *circle), apply(odd, re, at, *circle)
    return apply(real, re, im, at, *circle), apply(imaginary, re, im, at, *circle)


def _back(apply: Apply, re: Any, im: Any, axis: int, n: int) -> Any:
    """The real array whose half transform this is along an axis."""
    half = n // 2 + 1
    at = np.outer(np.arange(half), np.arange(n)) % n
    twice = np.full(half, 2.0)
    twice[0] = 1.0
    if n % 2 == 0:
        twice[-1] = 1.0
    within = np.where(twice == 2.0, 2.0, 0.0)

    def rule(xp: Any, x: Array, y: Array, *constants: Array) -> Array:
        at, twice, within, *circle = constants
        even = _product(xp, x, _cosines(xp, *circle), at, axis, twice)
        return (even - _product(xp, y, _sines(xp, *circle), at, axis, within)) / n

    return apply(rule, re, im, at, twice, within, *_circle(n))


def _circle(n: int) -> tuple[Array, Array, Array]:
    """k = 0 ... n - 1, and where cos 2πk/n is 0, and where the sine is."""
    k = np.arange(n)
    upright, level = 4 * k % (2 * n) == n, 2 * k % n == 0
    return k.astype(float), upright, level


def _angles(xp: Any, k: Array) -> Array:
    """2π k/n."""
    return k * xp.atan(xp.ones_like(k)) * 8 / k.shape[0]


def _cosines(xp: Any, k: Array, upright: Array, level: Array) -> Array:
    return xp.where(upright, 0.0, xp.cos(_angles(xp, k)))


def _sines(xp: Any, k: Array, upright: Array, level: Array) -> Array:
    return xp.where(level, 0.0, xp.sin(_angles(xp, k)))


def _product(
    xp: Any, x: Array, table: Array, at: Array, axis: int, weights: Array | None = None
) -> Array:
    """Σ_j x_j w_j table[at[j, k]] along an axis."""
    rows, columns = at.shape
    matrix = xp.reshape(xp.take(table, xp.reshape(at, (-1,)), axis=0), (rows, columns))
    last = xp.moveaxis(x, axis, -1)
    found = xp.matmul(last if weights is None else last * weights, matrix)
    return xp.moveaxis(found, -1, axis)
