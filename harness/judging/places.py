"""How a place in an answer, and two numbers there, are written."""

from __future__ import annotations

from typing import Any


def place(parameter: str, index: tuple[int, ...]) -> str:
    """Return how a component is written: "w1[2,7]", "price" for a scalar, "value"."""
    inside = ",".join(str(i) for i in index)
    return (f"{parameter}[{inside}]" if index else parameter) or "value"


def compared(what: str, got: Any, true: Any, error: float, bound: float) -> str:
    """Return "w1[2,7]: 0.013121, should be 0.013125 (error 3.1e-04, bound 9.1e-13)"."""
    is_, should = apart(float(got), float(true))
    measured = f"error {error:.1e}, bound {bound:.1e}" if error < float("inf") else "not finite"
    return f"{what}: {is_}, should be {should} ({measured})"


def apart(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with as many digits, six or more, as show that they differ."""
    for digits in range(6, 18):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts
