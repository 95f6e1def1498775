"""How a race's figures are written: losses, rates, counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from gradparity.results.words import wording
from gradparity.results.words.wording import NONE


def loss(value: float) -> str:
    """Write a loss: "0", "2.4e-09", "-18031"; plain where that takes five digits or fewer."""
    if not math.isfinite(value):
        return wording.number(value)
    return f"{value:.5g}" if 1e-2 <= abs(value) < 1e5 else f"{value:.3g}"


def rate(value: float | None) -> str:
    """Write a rate: "0.01"; a dash where the optimiser has none."""
    return NONE if value is None else f"{value:.3g}"


def count(number: float) -> str:
    """Write a mean of counts: "1,024", "3.5"."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"


def counted(count: int, what: str) -> str:
    """Write "1 seed", "10 seeds"."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def between(low: float, high: float) -> str:
    """Write a range of rates: "0.01", "0.01–0.1"."""
    return rate(low) if low == high else f"{rate(low)}–{rate(high)}"


def most(words: Iterable[str]) -> str:
    """Return the word that all share, or each with its count."""
    counts = Counter(wording.printable(word) for word in words if word)
    if len(counts) <= 1:
        return next(iter(counts), NONE)
    return ", ".join(f"{count} {word}" for word, count in counts.most_common())
