"""Times and verdicts over commits: each row beside the anchor, and confirmed steps."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.harness.gate.words import percent
from gradparity.harness.history.output import COLOURS, chart, table
from gradparity.harness.history.record import CommitHistory, TimeStep, no_step, series, steps
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import (
    StoredView,
    options,
    selection,
    shown,
    stored,
)
from gradparity.harness.report.settings import said
from gradparity.results.pages.charts import Frame, Quantity, Table
from gradparity.results.records.statuses import WRONG
from gradparity.results.words.display import printable

ALL = "all"


def history_view(material: Material) -> StoredView | None:
    """Return the view; None where no commit was measured."""
    history = material.history
    labels = history.labels() if history is not None else []
    if history is None or not labels:
        return None
    found = steps(history)
    keys = options(labels)
    several = f"the first {len(COLOURS)}" if len(labels) > len(COLOURS) else "all"
    frames: dict[tuple[str, ...], Frame] = {(ALL,): _frame(history, found, labels)}
    for (value, _), label in zip(keys, labels, strict=True):
        frames[(value,)] = _frame(history, found, [label])
    return stored(
        "history",
        "History",
        "Which commit made it slower?",
        "Each commit was timed beside the one before and beside the first, the anchor, in turns. A "
        "step is marked where a gate confirmed it and the intervals beside the anchor are apart.",
        [selection("row", "Row", [(ALL, f"{several} rows"), *keys])],
        frames,
    )


def _frame(history: CommitHistory, found: Sequence[TimeStep], labels: Sequence[str]) -> Frame:
    mine = [step for step in found if step.label in labels]
    tables = [_steps(mine)] if mine else []
    return Frame(
        f"{_wrong(history, labels)}{_told(history, mine, labels)}",
        [chart(history, labels)],
        [*tables, _commits(history, mine, labels)],
    )


def _wrong(history: CommitHistory, labels: Sequence[str]) -> str:
    """Which gradients were wrong, since when."""
    told = []
    for label in labels:
        wrong = [point for point in series(history, label) if point.verdict in WRONG]
        if wrong:
            told.append(f"{shown(label)} is wrong at {wrong[0].commit.short} ({wrong[0].verdict})")
    if not told:
        return ""
    more = f" and {len(told) - 3} rows more" if len(told) > 3 else ""
    return f"FAIL: {'; '.join(told[:3])}{more}. "


def _told(history: CommitHistory, found: Sequence[TimeStep], labels: Sequence[str]) -> str:
    commits = len(history.commits)
    missing = len(history.missing())
    rest = f" {missing} gates are missing: type the command again." if missing else ""
    if not found:
        return f"{no_step(history, labels)}{rest}"
    worst = max(found, key=lambda step: abs(step.ratio - 1.0))
    way = "slower" if worst.ratio > 1.0 else "faster"
    return (
        f"{len(found)} step{'s' * (len(found) > 1)} in {commits} commits; the largest: "
        f"{worst.commit.short} made {shown(worst.label)} {way}, {percent(worst.ratio)} "
        f"{_between(worst)}.{rest}"
    )


def _between(step: TimeStep) -> str:
    return f"[{percent(step.low)}, {percent(step.high)}]"


def _steps(found: Sequence[TimeStep]) -> Table:
    return Table(
        "Steps",
        {
            "commit": [step.commit.short for step in found],
            "title": [printable(step.commit.title) for step in found],
            "row": [printable(step.label) for step in found],
            "change": [Quantity(percent(step.ratio), step.ratio) for step in found],
            "95 % interval": [_between(step) for step in found],
        },
    )


def _commits(history: CommitHistory, found: Sequence[TimeStep], labels: Sequence[str]) -> Table:
    """Every row at every commit, as the command prints them, numbers sortable."""
    rows = [row for row in table(history, found) if row["row"] in labels]
    ratios = [point.ratio for label in labels for point in series(history, label)]
    columns: dict[str, list[str | Quantity]] = {name: [] for name in rows[0]}
    for row, ratio in zip(rows, ratios, strict=True):
        for name, text in row.items():
            columns[name].append(printable(text) or "–")
        columns["verdict"][-1] = said(row["verdict"])
        if ratio is not None:
            columns["time / anchor's"][-1] = Quantity(row["time / anchor's"], ratio)
    return Table("Every commit", columns)
