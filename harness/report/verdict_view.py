"""Verdicts: problems × backends, how many of each kind, the fastest with its ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradparity.harness.report.material.looks import backend_look
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, shown, stored
from gradparity.harness.report.settings import AskedSetting, said, setting_control, settings
from gradparity.results.pages.charts import Axis, Bars, Chart, Frame, Quantity, Table
from gradparity.results.records.record import Cell, label
from gradparity.results.records.statuses import INACCURATE, RIGHT, SKIPPED, UNFINISHED, WRONG
from gradparity.results.tables.columns import Group, Line

KINDS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "right": (RIGHT, "good"),
    "inaccurate": (INACCURATE, "b"),
    "wrong": (WRONG, "bad"),
    "unfinished": (UNFINISHED, "bad"),
    "skipped": (SKIPPED, "muted"),
}
"""What can become of a row, in classes, each with its colour."""


def verdict_view(material: Material) -> StoredView | None:
    """Return the view; None without a run of times."""
    found = settings(material)
    if not found:
        return None
    return stored(
        "verdict",
        "Verdict",
        "Who is right, and who is fastest?",
        "Every problem with every backend. A wrong gradient has no time. The fastest stands last, "
        "with all that tie with it.",
        [setting_control(found)],
        {(one.option[0],): _frame(one) for one in found},
    )


def _frame(of: AskedSetting) -> Frame:
    counts = {name: _count(of.cells, statuses) for name, (statuses, _) in KINDS.items()}
    told = {name: count for name, count in counts.items() if count or name in ("right", "wrong")}
    bars = Bars(list(told), list(told.values()), colours=[KINDS[name][1] for name in told])
    chart = Chart(
        "counts",
        f"{counts['right']} of {len(of.cells)} rows are right, {counts['wrong']} wrong",
        Axis("verdict", ticks=[(float(i), name) for i, name in enumerate(told)]),
        Axis("rows", low=0.0, whole=True),
        [bars],
        height=240,
    )
    won, timed = _won(of)
    colours = {c.label: backend_look(c.backend, c.variant).colour for c in of.cells}
    charts = [chart, _wins(won, timed, colours)] if won else [chart]
    return Frame(_sentence(of, counts) + _fastest(won, timed), charts, [_table(of)])


def _wins(won: Mapping[str, int], timed: int, colours: Mapping[str, str]) -> Chart:
    names = list(won)
    return Chart(
        "fastest",
        f"{_most(won)} the fastest, or tied, on {max(won.values())} of {timed} problems and sizes",
        Axis("backend", ticks=[(float(i), shown(name)) for i, name in enumerate(names)]),
        Axis("problems and sizes", low=0.0, whole=True),
        [Bars(list(map(shown, names)), list(won.values()), colours=[colours[n] for n in names])],
        height=240,
    )


def _most(won: Mapping[str, int]) -> str:
    """Who is fastest most often, with all that are as often."""
    names = [shown(name) for name, count in won.items() if count == max(won.values())]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _count(cells: Sequence[Cell], statuses: Mapping[str, str]) -> int:
    return sum(cell.status in statuses for cell in cells)


def _sentence(of: AskedSetting, counts: Mapping[str, int]) -> str:
    wrong = [cell for cell in of.cells if cell.status in WRONG]
    judged = counts["right"] + counts["inaccurate"] + counts["wrong"]
    if wrong:
        names = [f"{shown(c.label)} on {shown(c.problem)} {c.size} ({c.status})" for c in wrong[:3]]
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        verb = "is" if len(wrong) == 1 else "are"
        text = f"FAIL: {len(wrong)} of {judged} judged answers {verb} wrong: "
        text += f"{'; '.join(names)}{more}."
    elif not judged:
        text = "Nothing was judged."
    else:
        text = f"All {judged} judged answers are right"
        text += (
            f", {counts['inaccurate']} of them with digits lost." if counts["inaccurate"] else "."
        )
    lost = counts["unfinished"]
    return text + (f" {lost} did not finish." if lost else "")


def _won(of: AskedSetting) -> tuple[dict[str, int], int]:
    """How often each was fastest or tied with it, and of how many problems and sizes."""
    won: dict[str, int] = {}
    timed = 0
    for group in of.groups:
        best = [label(line.row.backend, line.row.variant) for line in group.lines if line.best]
        timed += bool(best)
        for name in best:
            won[name] = won.get(name, 0) + 1
    return won, timed


def _fastest(won: Mapping[str, int], timed: int) -> str:
    """Who is fastest most often; ties count for each."""
    if not won:
        return ""
    most = max(won.values())
    names = [shown(name) for name, count in won.items() if count == most]
    return f" Fastest most often, ties counted: {', '.join(names)}, on {most} of {timed}."


def _table(of: AskedSetting) -> Table:
    labels = of.labels
    columns: dict[str, list[str | Quantity]] = {"problem": [], "size": []}
    columns |= {shown(label): [] for label in labels}
    columns["fastest"] = []
    for group in of.groups:
        lines = _by_label(group)
        columns["problem"].append(shown(group.problem))
        columns["size"].append(shown(group.size))
        for name in dict.fromkeys(map(shown, labels)):
            columns[name].append(_cell(lines.get(name)))
        best = [shown(line.words["backend"]) for line in group.lines if line.best]
        columns["fastest"].append(" = ".join(best))
    return Table("Verdict and median time per call", columns)


def _by_label(group: Group) -> dict[str, Line]:
    return {shown(line.words["backend"]): line for line in group.lines}


def _cell(line: Line | None) -> Quantity | str:
    if line is None:
        return ""
    if line.row.median_s is None:
        return said(line.row.status)
    return Quantity(f"{said(line.row.status)}, {line.words['median']}", line.row.median_s)
