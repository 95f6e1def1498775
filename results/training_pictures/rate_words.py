"""What a picture of rates says: its headline, what stands under it, and a line for each panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from gradparity.results.races import contenders
from gradparity.results.races.contenders import Conditions, Contender
from gradparity.results.races.differences import TAU
from gradparity.results.races.heights import Height
from gradparity.results.races.rates import Sensitivity
from gradparity.results.records.descent import Descent
from gradparity.results.words.wording import plain

Panel: TypeAlias = tuple[Conditions, Contender, Sensitivity, Height]


def finding(
    groups: Sequence[Sequence[Panel]], names: dict[Contender, str], where: dict[Conditions, str]
) -> str:
    """Say whose good band is widest, in decades, by its median over problems."""
    widths: dict[Contender, list[float]] = {}
    for group in groups:
        for _, who, found, _ in group:
            decades = 0.0
            if found.good is not None:
                low, high = found.good
                decades = float(np.log10(found.rates[high] / found.rates[low]))
            widths.setdefault(who, []).append(decades)
    if all(found.best is None for group in groups for _, _, found, _ in group):
        return "Every rate diverged"
    middle = {who: float(np.median(found)) for who, found in widths.items()}
    widest = max(middle.values())
    best = [names[who] for who, width in middle.items() if width >= widest - 1e-9]
    on = f" on {where[groups[0][0][0]]}" if len(groups) == 1 else ""
    if len(middle) == len(groups) == 1:
        return f"{best[0]}{on}: {said(groups[0][0][2])[0]}"
    if len(middle) == 1:
        return f"{best[0]}: {_decades(widest)} of good rates"
    if len(best) == len(middle):
        return f"Equally wide bands of good rates{on}"
    told = ", ".join(best[:3]) + (f" and {len(best) - 3} more" if len(best) > 3 else "")
    return f"Widest band of good rates{on}: {told} ({_decades(widest)})"


def _decades(width: float) -> str:
    words = plain(round(width, 1))
    return f"{words} decade{'' if words == '1' else 's'}"


def _unless(groups: Sequence[Sequence[Panel]]) -> str:
    lost = any(found.diverged.any() for group in groups for _, _, found, _ in group)
    return ", unless a quarter diverged" if lost else ""


def under(descents: Sequence[Descent], groups: Sequence[Sequence[Panel]]) -> str:
    """Say what is drawn, of how many seeds, and what best and good mean."""
    drawn = {which for group in groups for which, *_ in group}
    counts = {
        len(made)
        for which, members in contenders.races(descents).items()
        if which in drawn
        for all_of in members.values()
        for rate, made in contenders.by_rate(all_of).items()
        if rate is not None
    }
    low, high = min(counts), max(counts)
    seeds = f"{low}–{high}" if low < high else str(high)
    words = (
        "One seed."
        if high == 1
        else f"Median of {seeds} seeds; band: their middle half{_unless(groups)}."
    )
    words += (
        " Best: first at the target, or lowest at the end. "
        "Good: within a tenth, on this axis, of the best one's way down."
    )
    words += f" Below: steps to f* + τ (first loss − f*), τ = {plain(TAU)}."
    fixed = {d.optimizer for d in descents if d.rate is None}
    if fixed:
        words += f" Without a rate: {', '.join(sorted(fixed))}."
    return words


def said(found: Sensitivity) -> list[str]:
    """Name the best rate and its band in words, under the panel's title."""
    if found.best is None:
        return ["diverged at every rate"]
    best = f"best {plain(found.rates[found.best])}"
    if found.best in (0, len(found.rates) - 1) and found.good is not None:
        return [f"{best}, at the edge: extend {'down' if found.best == 0 else 'up'}"]
    if found.good is None:
        return [f"{best}, which gains nothing"]
    low, high = (plain(found.rates[i]) for i in found.good)
    return [f"{best}, good {low}–{high}" if low != high else f"{best}, no other good"]
