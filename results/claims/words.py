"""How a finding is told: its verdict, its figures, and what they are held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from gradparity.results.records.claim import NOT_MEASURABLE, VERDICTS, ClaimFinding, Figure
from gradparity.results.words.wording import digits, plain

UNFINISHED = "not finished"

OURS = "range ours"

Said = Callable[[str], str]
"""A text in the letters that there are."""


def verdict(finding: ClaimFinding) -> str:
    """Return its verdict, or that there is none."""
    return finding.verdict or UNFINISHED


def value(figure: Figure) -> str:
    """Return "0.0123 [0.0119, 0.0127] steps": value, interval if it has one, unit."""
    unit = f" {figure.unit}" if figure.unit else ""
    if figure.low == figure.high:
        return f"{short(figure.value)}{unit}"
    if math.isinf(figure.low) and math.isinf(figure.high):
        return f"{short(figure.value)}{unit}, one of them"
    if math.isinf(figure.low) or math.isinf(figure.high):
        bounds = f"[{short(figure.low)}, {short(figure.high)}]"
        return f"{short(figure.value)} {bounds}{unit}"
    shown = digits(figure.value, figure.low, figure.high) if figure.value else 3
    bounds = ", ".join(short(end, shown) for end in (figure.low, figure.high))
    return f"{short(figure.value, shown)} [{bounds}]{unit}"


def short(number: float, significant: int = 4) -> str:
    """Return a number of any size: 3, 0.0123, 9.54e-07, infinity."""
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if math.isnan(number):
        return "no number"
    if number == 0 or 1e-3 <= abs(number) < 1e6:
        return plain(number) if number == int(number) else f"{number:,.{significant}g}"
    return f"{number:.{significant}g}"


def against(figure: Figure) -> str:
    """Return what it is held against: "claimed: at most 0.25 ✓; theory 0.25 (max s (1 - s))"."""
    told = []
    if figure.claimed is not None:
        mark = {True: "as claimed", False: "not so", None: "not decided"}[figure.holds]
        range_ours = f" ({OURS})" if figure.claimed.ours else ""
        told.append(f"claimed {figure.claimed.words}{range_ours}: {mark}")
    if figure.theory is not None:
        off = "" if figure.agrees else ", outside"
        told.append(f"theory {short(figure.theory.value)}{off}, {figure.theory.words}")
    return "; ".join(told)


def repeated(figure: Figure) -> str:
    """Return over how many seeds, "" where nothing is random."""
    return f"{figure.seeds:,}" if figure.seeds else ""


def figures(finding: ClaimFinding) -> list[tuple[str, str, str, str]]:
    """Return (figure, measured, seeds, against) of each, in words."""
    return [(one.what, value(one), repeated(one), against(one)) for one in finding.figures]


def parts(finding: ClaimFinding, most: int | None = None) -> str:
    """Return the parts that are not as claimed; of many, the first `most` and how many more."""
    found = finding.parts
    shown = found[:most]
    more = [f"and {len(found) - len(shown)} more"] if len(shown) < len(found) else []
    return "; ".join([*shown, *more])


def tally(findings: Iterable[ClaimFinding]) -> str:
    """Return "31 hold, 5 hold in part, 3 do not hold, 1 is not measurable here"."""
    found = [verdict(one) for one in findings]
    counts = [(name, found.count(name)) for name in (*VERDICTS, UNFINISHED)]
    return "; ".join(f"{name}: {count}" for name, count in counts if count)


def notes(findings: Sequence[ClaimFinding]) -> list[str]:
    """Return what a reader has to know beside the figures."""
    told = [f"{name}: {VERDICTS[name]}" for name in VERDICTS if name != NOT_MEASURABLE]
    told.append("In brackets: 95 % intervals over the seeds; without them nothing is random.")
    if any(one.claimed and one.claimed.ours for each in findings for one in each.figures):
        told.append(
            f"{OURS}: the course gives no figure, or not how near; another range may decide."
        )
    left = {name: why for one in findings for name, why in one.left_out.items()}
    told += [f"Left out: {name} ({why})." for name, why in left.items()]
    return told


def command(finding: ClaimFinding) -> str:
    """Return the line to type for it."""
    return f"gradparity claims {finding.number}{' --quick' * finding.quick}"
