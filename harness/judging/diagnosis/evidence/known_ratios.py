"""Ratios that one meets between a wrong gradient and the right one, and what they usually mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.judging.diagnosis.evidence.evidence import EPS
from gradparity.problems import Arrays

_ONE = np.longdouble(1)
_SMALL = 12
_SQUARES = {4: 2, 16: 4}
"""Lengths whose root is a factor that one meets for other reasons."""
_PI = 4 * np.arctan(np.longdouble(1))


@dataclass(frozen=True, slots=True)
class KnownRatio:
    """value: got / true. text: how it is written. meaning: what it usually comes from.

    usual: said beside other usual ones that fit; what is rare is said only where none does.
    """

    value: Any
    text: str
    meaning: str
    usual: bool = True

    def fits(self, ratio: Any, doubt: Any) -> bool:
        """Whether a ratio that is known within `doubt` is this one."""
        return bool(abs(ratio - self.value) <= 4 * doubt + 4 * EPS * abs(self.value))


def known_ratios(
    params: Arrays, data: Arrays, value: Any = None, norm: Any = None
) -> list[KnownRatio]:
    """Return the known ratios for these shapes, the more usual first.

    value: the loss, if known. norm: the Euclidean norm of the true gradient.
    """
    found = [*_always(), *_lengths(params, data), *_scalars(data), *_values(value, norm)]
    found = [r for r in found if abs(r.value - 1) > 1e-9]
    return found + [
        KnownRatio(-r.value, f"-{r.text}", f"the sign is wrong, and {r.meaning}", r.usual)
        for r in found[1:]
    ]


def _always() -> Iterator[KnownRatio]:
    yield KnownRatio(-1, "-1", "the sign is wrong")
    yield KnownRatio(2, "2", "the factor of a square, or ½ forgotten in the loss")
    yield KnownRatio(0.5, "½", "the factor 2 of a square is forgotten, or ½ is applied twice")
    for value, text in ((3, "3"), (_ONE / 3, "1/3"), (1.5, "3/2"), (2 * _ONE / 3, "2/3")):
        yield KnownRatio(value, text, "the factor of a power: 3 of a cube, 2 of a square", False)
    yield KnownRatio(4, "4", "the factor of a square, twice")
    yield KnownRatio(0.25, "¼", "½ twice too often")
    for value, text, what in (
        (np.log(np.longdouble(2)), "ln 2", "a logarithm or an exponential to base 2"),
        (np.log(np.longdouble(10)), "ln 10", "a logarithm or an exponential to base 10"),
        (_PI / 180, "π/180", "degrees and radians"),
        (_PI, "π", "a factor π"),
        (2 * _PI, "2π", "a factor 2π"),
    ):
        yield KnownRatio(value, text, f"{what}: multiplied by {text} once too often")
        yield KnownRatio(1 / value, f"1/({text})", f"{what}: the factor {text} is left out")
        yield KnownRatio(value**2, f"({text})²", f"{what}: {text} multiplies where it divides")
        yield KnownRatio(
            1 / value**2, f"1/({text})²", f"{what}: {text} divides where it multiplies"
        )


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
        if n in _SQUARES and _is_inner(
            n, data
        ):  # as usual as the factor of a square: 1/√d of attention
            root = np.longdouble(_SQUARES[n])
            meaning = f"{n} is {what}: √{n} forgotten, or once too often"
            yield KnownRatio(root, f"{_SQUARES[n]}", meaning)
            yield KnownRatio(1 / root, f"1/{_SQUARES[n]}", meaning)
        # Ratios of small numbers come from anywhere.
        perhaps = "perhaps " if n < _SMALL else ""
        for value, text, meaning in _of_length(n):
            yield KnownRatio(value, text, f"{n} is {what}: {perhaps}{meaning}", False)


def _is_inner(n: int, data: Arrays) -> bool:
    """Whether a matrix of the data has this length along an axis, and it counts no cases."""
    first = [np.shape(x)[0] for x in data.values() if np.ndim(x)]
    return first.count(n) < 2 and any(np.ndim(x) > 1 and n in np.shape(x) for x in data.values())


def _of_length(n: int) -> Iterator[tuple[Any, str, str]]:
    one, m = np.longdouble(1), n - 1
    if m > 1:
        yield one / m, f"1/{m}", f"divided by {n} - 1, as a variance"
        yield m, f"{m}", f"multiplied by {n} - 1"
    unbiased = "n - 1 for n, the unbiased variance"
    yield one * n / m, f"{n}/{m}", f"divided by {unbiased}"
    yield one * m / n, f"{m}/{n}", f"multiplied by {unbiased}"
    root = np.sqrt(np.longdouble(n))
    yield root, f"√{n}", "a root too much or too little"
    yield 1 / root, f"1/√{n}", "a root too much or too little"
    yield 2 * one / n, f"2/{n}", f"the mean's 1/{n}, and 2"
    yield one * n / 2, f"{n}/2", "a sum for a mean, and ½"
    yield one * n * n, f"{n}²", "multiplied by it twice"
    yield one / n / n, f"1/{n}²", "divided by it twice"


def _scalars(data: Arrays) -> Iterator[KnownRatio]:
    for name, array in data.items():
        x = np.asarray(array)
        if x.ndim and x.dtype.kind == "f" and x.size > 1 and (total := np.sum(x)) != 0:
            number = f"{float(total):.6g}"
            what = f"the sum of {name}: "
            yield KnownRatio(total, number, f"that is {what}multiplied by it once too often")
            yield KnownRatio(1 / total, f"1/{number}", f"that is 1 / {what}divided by it once more")
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
    # A norm that is a round number is another factor as well.
    if norm is not None and math.isfinite(norm) and norm > 0 and abs(2 * norm % 1) > 1e-9:
        text = f"1/{float(norm):.6g}"
        yield KnownRatio(1 / norm, text, "the gradient is divided by its own norm")
