"""Times of every row, over those of a reference that the reader chooses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradparity.harness.report.material.looks import backend_look
from gradparity.harness.report.material.material import Material, TimedRun
from gradparity.harness.report.material.stored_view import (
    StoredView,
    options,
    selection,
    shown,
    stored,
)
from gradparity.harness.report.settings import AskedSetting, said, setting_control, settings
from gradparity.results.pages.charts import (
    Axis,
    Chart,
    Frame,
    Mark,
    Points,
    Quantity,
    Rule,
    Segments,
    Table,
)
from gradparity.results.tables.columns import Group, Line, groups
from gradparity.results.tables.legend import interval_name
from gradparity.results.times.reference import overall
from gradparity.results.words.wording import NONE, number

COLUMNS: Mapping[str, str] = {
    "parameters": "parameters",
    "error": "max_error",
    "prepare": "prepare_s",
    "first call": "first_s",
    "median": "median_s",
    "interval": "low_s",
    "ratio": "ratio",
    "ratio interval": "ratio_low",
    "cpu/wall": "cpu_per_wall",
}
"""Word of a line -> the figure by which its column is sorted."""


def timing_view(material: Material) -> StoredView | None:
    """Return the view; None where nothing was timed."""
    found = [one for one in settings(material) if any(cell.samples for cell in one.cells)]
    if not found:
        return None
    names = list(dict.fromkeys(c.backend for one in found for c in one.cells if c.samples))
    choices = dict(zip(names, options(names), strict=True))
    frames: dict[tuple[str, ...], Frame] = {}
    for run in dict.fromkeys(id(one.of) for one in found):
        mine = [one for one in found if id(one.of) == run]
        for name, (value, _) in choices.items():
            told = _against(mine[0].of, name)
            for one in mine:
                its = [group for group in told if group.setting == one.name]
                frames[one.option[0], value] = _frame(one, name, its)
    default = overall(found[0].of.run, found[0].of.cells)
    return stored(
        "timing",
        "Timing",
        "What does it cost?",
        "Median wall time per call, beside that of a reference in the same rounds. "
        "A header sorts the table, by pointer or by keyboard.",
        [
            setting_control(found),
            selection("reference", "Reference", list(choices.values()), choices[default][0]),
        ],
        frames,
    )


def _against(of: TimedRun, reference: str) -> Sequence[Group]:
    if reference == of.run.reference:
        return of.groups
    return groups(replace(of.run, reference=reference), of.cells)


def _frame(of: AskedSetting, reference: str, found: Sequence[Group]) -> Frame:
    lines = [line for group in found for line in group.lines]
    return Frame(
        _sentence(reference, lines), [_chart(reference, lines)], [_table(of, reference, found)]
    )


def _sentence(reference: str, lines: Sequence[Line]) -> str:
    """Say how far the others are, by the middle of their rows, and who stands in."""
    name = shown(reference)
    absent = [
        line for line in lines if line.row.ratio is not None and line.row.reference != reference
    ]
    ratios = _ratios(reference, lines)
    if not ratios:
        text = f"No row shares a timed case with {name}."
    else:
        parts = [
            f"{shown(who)} {number(_mean(found))}× ({len(found)} case{'s' * (len(found) != 1)})"
            for who, found in ratios.items()
        ]
        text = f"Time over {name}'s, geometric mean: {', '.join(parts)}; above 1 is slower."
    if absent:
        text += f" Where {name} has no time another stands in: {len(absent)} rows."
    return text


def _ratios(reference: str, lines: Sequence[Line]) -> dict[str, list[float]]:
    """Time over the reference's of each of the others, case by case."""
    ratios: dict[str, list[float]] = {}
    for line in lines:
        row = line.row
        if row.ratio and row.reference == reference and row.backend != reference:
            ratios.setdefault(line.words["backend"], []).append(row.ratio)
    return ratios


def _title(reference: str, lines: Sequence[Line]) -> str:
    """Who takes the least, of those that have a case with the reference."""
    name = shown(reference)
    means = {who: _mean(found) for who, found in _ratios(reference, lines).items()}
    if not means:
        return f"No row shares a timed case with {name}"
    least = min(means, key=lambda who: means[who])
    told = f"{shown(least)} takes {number(means[least])}× {name}'s time, in the geometric mean"
    return told if len(means) == 1 else f"{told}; the others more"


def _mean(ratios: Sequence[float]) -> float:
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios))


def _table(of: AskedSetting, reference: str, found: Sequence[Group]) -> Table:
    interval = interval_name(of.of.cells)
    titles = {"interval": interval, "ratio": f"time / {shown(reference)}'s"}
    titles["ratio interval"] = f"{interval} of the ratio"
    columns: dict[str, list[Any]] = {"problem": [], "size": [], "backend": []}
    columns |= {titles.get(name, name): [] for name in COLUMNS} | {"status": []}
    for group in found:
        for line in group.lines:
            columns["problem"].append(shown(group.problem))
            columns["size"].append(shown(group.size))
            columns["backend"].append(_who(line))
            for word, figure in COLUMNS.items():
                columns[titles.get(word, word)].append(_cell(line, word, figure))
            columns["status"].append(said(line.row.status))
    return Table(f"Times, {of.name}", columns)


def _who(line: Line) -> str:
    return shown(line.words["backend"]) + (" ★" if line.best else "")


def _cell(line: Line, word: str, figure: str) -> Quantity:
    row, text = line.row, line.words[word]
    if word == "median" and row.median_s is None:
        text = NONE
    if word == "ratio" and row.ratio == row.ratio_low == row.ratio_high == 1.0:
        text = "1.00×"
    return Quantity(text, getattr(row, figure))


def _chart(reference: str, lines: Sequence[Line]) -> Chart:
    """Ratios over the number of parameters, with their intervals."""
    marks: list[Mark] = []
    drawn: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.row.ratio:
            drawn.setdefault((line.row.backend, line.row.variant), []).append(line)
    for (backend, variant), members in drawn.items():
        look = backend_look(backend, variant)
        x = [float(line.row.parameters) for line in members]
        if backend != reference:
            low = [line.row.ratio_low or math.nan for line in members]
            high = [line.row.ratio_high or math.nan for line in members]
            marks.append(Segments(x, low, x, high, colour=look.colour))
        marks.append(
            Points(
                x,
                [line.row.ratio or math.nan for line in members],
                shown(members[0].words["backend"]),
                colour=look.colour,
                marker=look.marker,
                filled=look.filled,
                names=[_name(line) for line in members],
            )
        )
    return Chart(
        "ratios",
        _title(reference, lines),
        Axis("parameters", scale="log"),
        Axis(f"time / {shown(reference)}'s", scale="log"),
        [Rule(1.0, axis="y"), *marks],
    )


def _name(line: Line) -> str:
    words = line.words
    return f"{shown(words['backend'])}, {shown(words['problem'])} {words['size']}: {words['ratio']}"
