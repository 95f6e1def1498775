"""How a place in an answer, and two numbers there, are written."""

from __future__ import annotations


def place(parameter: str, index: tuple[int, ...]) -> str:
    """Return how a component is written: "w1[2,7]", "price" for a scalar, "value"."""
    inside = ",".join(str(i) for i in index)
    return (f"{parameter}[{inside}]" if index else parameter) or "value"


def apart(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with as many digits, six or more, as show that they differ."""
    for digits in range(6, 18):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts
