"""Ratios that one meets between a wrong gradient and the right one, and what they usually mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems import Arrays


@dataclass(frozen=True, slots=True)
class KnownRatio:
    """value: got / true. text: how it is written. meaning: what it usually comes from."""

    value: Any
    text: str
    meaning: str


def known_ratios(
    params: Arrays, data: Arrays, value: Any = None, norm: Any = None
) -> list[KnownRatio]:
    """Return the known ratios for these shapes, the more usual first.

    value: the loss, if known. norm: the Euclidean norm of the true gradient.
    """
    found = [*_always(), *_lengths(params, data), *_scalars(data), *_values(value, norm)]
    return found + [
        KnownRatio(-r.value, f"-{r.text}", f"the sign is wrong, and {r.meaning}") for r in found[1:]
    ]


def _always() -> Iterator[KnownRatio]:
    yield KnownRatio(-1, "-1", "the sign is wrong")
    yield KnownRatio(2, "2", "the factor of a square, or ½ forgotten in the loss")
    yield KnownRatio(0.5, "½", "the factor 2 of a square is forgotten, or ½ is applied twice")
    yield KnownRatio(4, "4", "the factor of a square, twice")
    yield KnownRatio(0.25, "¼", "½ twice too often")


def _lengths(params: Arrays, data: Arrays) -> Iterator[KnownRatio]:
    names: dict[int, str] = {}
    for arrays in (data, params):
        for name, array in arrays.items():
            for axis, n in enumerate(np.shape(array)):
                names.setdefault(n, f"the length of {name}" + (f" along axis {axis}" * (axis > 0)))
    for name, array in data.items():
        if np.ndim(array) == 0 and np.asarray(array).dtype.kind in "iu":
            names.setdefault(int(array), name)
    lengths = {n: what for n, what in names.items() if n > 1}
    for n, what in lengths.items():
        one = np.longdouble(1)
        yield KnownRatio(n, f"{n}", f"{n} is {what}: a sum where a mean is meant")
        yield KnownRatio(one / n, f"1/{n}", f"{n} is {what}: a mean where a sum is meant")
    for n, what in lengths.items():
        one, m = np.longdouble(1), n - 1
        if m > 1:
            yield KnownRatio(one / m, f"1/{m}", f"{n} is {what}: divided by {n} - 1, as a variance")
            yield KnownRatio(m, f"{m}", f"{n} is {what}: multiplied by {n} - 1")
        unbiased = "n - 1 for n, the unbiased variance"
        yield KnownRatio(one * n / m, f"{n}/{m}", f"{n} is {what}: divided by {unbiased}")
        yield KnownRatio(one * m / n, f"{m}/{n}", f"{n} is {what}: multiplied by {unbiased}")
        root = np.sqrt(np.longdouble(n))
        yield KnownRatio(root, f"√{n}", f"{n} is {what}: a root too much or too little")
        yield KnownRatio(1 / root, f"1/√{n}", f"{n} is {what}: a root too much or too little")
        yield KnownRatio(2 * one / n, f"2/{n}", f"{n} is {what}: the mean's 1/{n}, and 2")
        yield KnownRatio(one * n / 2, f"{n}/2", f"{n} is {what}: a sum for a mean, and ½")
        yield KnownRatio(one * n * n, f"{n}²", f"{n} is {what}: multiplied by it twice")
        yield KnownRatio(one / n / n, f"1/{n}²", f"{n} is {what}: divided by it twice")


def _scalars(data: Arrays) -> Iterator[KnownRatio]:
    for name, array in data.items():
        x = np.asarray(array)
        if x.ndim or x.dtype.kind != "f" or not np.isfinite(x) or x in (0, 1, -1):
            continue
        number = f"{float(x):.6g}"
        yield KnownRatio(x, number, f"that is {name}: multiplied by it once too often")
        yield KnownRatio(1 / x, f"1/{number}", f"that is 1/{name}: {name} is left out")


def _values(value: Any, norm: Any) -> Iterator[KnownRatio]:
    if value is not None and math.isfinite(value) and value != 0:
        number = f"{float(value):.6g}"
        yield KnownRatio(
            1 / value, f"1/{number}", "that is 1/loss: the derivative of its logarithm"
        )
        yield KnownRatio(value, number, "that is the loss itself: multiplied by its value")
        yield KnownRatio(2 * value, f"2·{number}", "that is twice the loss: the loss is squared")
    if norm is not None and math.isfinite(norm) and norm > 0:
        text = f"1/{float(norm):.6g}"
        yield KnownRatio(1 / norm, text, "the gradient is divided by its own norm")
