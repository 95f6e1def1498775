"""Of a run with more rows than anybody reads: the groups that matter, and how they were chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gradparity.results.records.record import Cell, Run
from gradparity.results.records.statuses import RIGHT
from gradparity.results.times import arrays
from gradparity.results.times.reference import Key, case, references

MANY = 400
"""So many rows are shown whole."""

BROKEN, EXTREMES = 10, 5
"""How many groups with a row that is wrong or failed; slowest, fastest and closest ones each."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cells of the groups that are shown; line: which those are, for a person, "" if all."""

    cells: list[Cell]
    line: str


def chosen(run: Run, cells: Sequence[Cell]) -> Chosen:
    """Choose among the groups of a run; all of a run with at most `MANY` rows.

    Those with a row that is wrong or failed come first, then those in which a backend is slowest
    over the reference, fastest, or closest to it, by the estimate of its ratio.
    """
    if len(cells) <= MANY:
        return Chosen(list(cells), "")
    groups: dict[Key, list[int]] = {}
    for i, cell in enumerate(cells):
        groups.setdefault(case(cell), []).append(i)
    held = references(run, cells)
    # Only what is compared with another has a ratio.
    pairs = [(c, held[case(c)]) for c in cells if held.get(case(c), c) is not c]
    found = arrays.ratio_estimates([(one.samples, of.samples) for one, of in pairs])
    ratios = [(r, case(c)) for r, (c, _) in zip(found, pairs, strict=True) if r]
    broken = [key for key, of in groups.items() if any(cells[i].status not in RIGHT for i in of)]
    slow = _first(sorted(ratios, key=lambda one: -one[0]))
    fast = _first(sorted(ratios, key=lambda one: one[0]))
    close = _first(sorted(ratios, key=lambda one: abs(math.log(one[0]))))
    shown = {*broken[:BROKEN], *slow, *fast, *close}
    kept = [cells[i] for key, of in groups.items() if key in shown for i in of]
    line = (
        f"{len(cells):,} rows in {len(groups):,} groups; shown are {len(shown)}: "
        f"{min(BROKEN, len(broken))} of the {len(broken):,} in which a row is wrong or failed, and "
        f"those in which a backend is slowest, fastest and closest over {run.reference} "
        f"({len(slow)} each). gradparity show {run.id} --all-rows shows all."
    )
    return Chosen(kept, line)


def _first(ratios: Sequence[tuple[float, Key]]) -> list[Key]:
    """The first groups, each once."""
    found: dict[Key, None] = {}
    for _, key in ratios:
        found[key] = None
        if len(found) == EXTREMES:
            break
    return list(found)
