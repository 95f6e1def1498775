"""`gate --baseline`: a run held against what was saved.

Verdicts and counters gate hard. Time ratios gate where the processor is that of the baseline, and
are a warning elsewhere: which of two backends is faster depends on the processor. A slower row is
measured again, in a run of its own, before it counts as regressed. The time of the reference itself
is not gated: only ratios to it can be carried from day to day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradparity.harness.gate.baseline_file import Baseline
from gradparity.harness.gate.clock import Clock
from gradparity.harness.gate.decision import impression
from gradparity.harness.gate.effort import Effort
from gradparity.harness.gate.live import Gated
from gradparity.harness.gate.measured import PROCESSES, Measured, SavedRow, key_of, measured
from gradparity.harness.gate.row import Change, GateRow
from gradparity.harness.planning.plan import Plan
from gradparity.harness.processes import environment
from gradparity.results.records.statuses import RIGHT, TIMED, UNFINISHED, is_timed

LIBRARIES = {"numpy": ("numpy",), "jaxpr": ("jax",), "xla": ("jax", "jaxlib"), "torch": ("torch",)}
"""What a counter depends on beside our own code, by the first word of its name."""


def gate(
    plan: Plan,
    saved: Baseline,
    file: str,
    effort: Effort,
    say: Callable[[str], None] = lambda _: None,
) -> Gated:
    """The plan, measured now, against what was saved in `file`."""
    clock = Clock(effort.total_s)
    margins = {w.problem.name + " " + w.size: w.margin for w in plan.workloads}
    now = measured(plan, say, clock.end)
    strict = plan.options.strict
    same = environment.identity(()).cpu == saved.cpu
    first = held_against(saved, now, effort.margin, margins, same, strict)
    slower = [row for row in first if row.status == "inconclusive" and _slower(row)]
    rows = first
    again_s = clock.spent_s() * len(_only(plan, slower).workloads) / max(1, len(plan.workloads))
    if slower and again_s > clock.left_s():
        told = "slower than the baseline; no time was left to measure it again"
        rows = [row.ended(row.status, told) if row in slower else row for row in first]
    elif slower:
        say(f"{len(slower)} rows look slower; measuring them again")
        more = measured(_only(plan, slower), say, clock.cut)
        again = held_against(saved, more, effort.margin, margins, same, strict)
        by_key = {key_of(row.cell): row for row in again}
        rows = [
            measured_again(row, by_key[key_of(row.cell)]) if row in slower else row for row in first
        ]
    return Gated(
        against=file,
        rows=tuple(rows),
        notes=tuple(_notes(saved, now, file, same)),
        environment=now.run.environment,
    )


def held_against(
    saved: Baseline,
    now: Measured,
    margin: float,
    margins: dict[str, float | None],
    same_processor: bool,
    strict: bool = False,
) -> list[GateRow]:
    """One row per cell. A row that looks slower is "inconclusive" until it was measured again.

    strict: whether what loses digits counts as wrong.
    """
    found = []
    for key, cell in now.cells.items():
        own = margins.get(f"{cell.problem} {cell.size}")
        row = GateRow(cell, margin if own is None else own, cell.status, cell.reason)
        right = is_timed(cell.status, strict)
        if right and key not in saved.rows:
            row = row.ended("new", "not in the baseline")
        elif right:
            change = _change(saved.rows[key], now.rows[key], now.floors[key])
            row = _held(replace(row, change=change), saved, key, now, same_processor)
        elif cell.status == "unsupported" and key in saved.rows:
            was = saved.rows[key].verdict
            if was in TIMED:
                row = row.ended("regressed", f"the verdict was {was}, now: {cell.reason}")
        found.append(row)
    return found


def _held(row: GateRow, saved: Baseline, key: str, now: Measured, same_processor: bool) -> GateRow:
    was, is_ = saved.rows[key], now.rows[key]
    if was.verdict in RIGHT and is_.verdict not in RIGHT:
        return row.ended("regressed", f"the verdict was {was.verdict}, is {is_.verdict}")
    more, fewer, remarks = _counters(was, is_, _other_versions(saved, now))
    row = replace(row, remarks=(*row.remarks, *remarks))
    if more:
        return row.ended("regressed", "; ".join(more))
    seen = "pass" if row.change is None else impression(row.change, row.margin)
    if not same_processor:
        if seen == "slower":
            warning = "slower than the baseline, which another processor made"
            row = replace(row, remarks=(*row.remarks, warning))
        seen = "pass"
    if seen == "pass" and fewer:
        return row.ended("improved", "; ".join(fewer))
    if seen == "faster":
        return row.ended("improved", "; ".join(fewer))
    return row.ended(
        "pass" if seen == "pass" else "inconclusive",
        "the interval holds the margin" if seen == "open" else "",
    )


def _change(was: SavedRow, is_: SavedRow, floor: float) -> Change | None:
    """The quotient of two independent ratios, and an interval that holds it."""
    if was.ratio is None or is_.ratio is None:
        return None
    (estimate, low, high), (old, old_low, old_high) = is_.ratio, was.ratio
    return Change(estimate / old, low / old_high, high / old_low, floor, PROCESSES, 0)


def _counters(
    was: SavedRow, is_: SavedRow, other_versions: set[str]
) -> tuple[list[str], list[str], list[str]]:
    """What has become more, what less, and what could not be held against the baseline."""
    more, fewer, remarks = [], [], []
    for name in sorted(set(was.counters) | set(is_.counters)):
        old, new = was.counters.get(name), is_.counters.get(name)
        if old is None or new is None:
            remarks.append(f"{name} is {'new' if old is None else 'gone'}")
            continue
        if old == new:
            continue
        told = f"{name} was {old:,.12g}, is {new:,.12g}"
        libraries = set(LIBRARIES.get(name.partition("_")[0], ()))
        if libraries & other_versions:
            remarks.append(f"{told}, with another {' and '.join(libraries & other_versions)}")
        elif new > old:
            more.append(told)
        else:
            fewer.append(told)
    return more, fewer, remarks


def _other_versions(saved: Baseline, now: Measured) -> set[str]:
    own = now.run.environment.versions
    return {name for name in own if saved.versions.get(name) != own[name]}


def _slower(row: GateRow) -> bool:
    return row.change is not None and impression(row.change, row.margin) == "slower"


def measured_again(first: GateRow, again: GateRow) -> GateRow:
    """A row that looked slower, after it was measured again."""
    if again.wrong or again.status in ("regressed", *UNFINISHED):
        return again
    row = replace(first, again=again.change)
    if _slower(again):
        return row.ended("regressed", "")
    if again.status == "inconclusive":
        return row.ended("inconclusive", "slower at first, not shown on fresh workers")
    return row.ended("pass", "slower at first, not on fresh workers")


def _only(plan: Plan, rows: Sequence[GateRow]) -> Plan:
    wanted = {row.where for row in rows}
    kept = tuple(
        w for w in plan.workloads if (w.problem.name, w.size, w.operator, w.setting.dtype) in wanted
    )
    return replace(plan, workloads=kept)


def _notes(saved: Baseline, now: Measured, file: str, same_processor: bool) -> list[str]:
    notes = []
    if not same_processor:
        own = now.run.environment.cpu
        notes.append(
            f"times do not gate: {file} was made on {saved.cpu}, this is {own}; "
            "verdicts and counters do"
        )
    other = sorted(_other_versions(saved, now))
    if other:
        told = [f"{n} {saved.versions.get(n)} -> {now.run.environment.versions[n]}" for n in other]
        notes.append(f"other versions than in {file}: {', '.join(told)}")
    gone = [key for key in saved.rows if key not in now.cells]
    if gone:
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        notes.append(f"in {file}, but not run now: {', '.join(gone[:5])}{more}")
    return notes
