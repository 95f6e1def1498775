"""How numbers, places and lists are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any


def component(parameter: str, index: Sequence[int] | None) -> str:
    """Write a component: "w1[2,7]", "price" for a scalar, "value"; "w1[?]" without an index."""
    inside = "?" if index is None else ",".join(map(str, index))
    return (f"{parameter}[{inside}]" if inside else parameter) or "value"


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Write two numbers with as many digits, six or more, as show that they differ."""
    for digits in range(6, 18):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def listed(names: Iterable[Any]) -> str:
    """Write "a", "a and b" or "a, b and c"."""
    texts = [str(name) for name in names]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def repeated(names: Iterable[Any]) -> str:
    """The same with each name once, in the order of the first: "a (12 times) and b"."""
    counts = Counter(map(str, names))
    return listed(f"{text} ({n} times)" if n > 1 else text for text, n in counts.items())
