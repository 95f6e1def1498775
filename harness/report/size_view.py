"""Time against size: per call, over the loss alone, cold against warm, and memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gradparity.harness.report.material.looks import backend_look
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import (
    StoredView,
    options,
    selection,
    shown,
    stored,
)
from gradparity.harness.report.settings import AskedSetting, settings
from gradparity.results.pages.charts import (
    Axis,
    Band,
    Chart,
    Frame,
    Mark,
    Points,
    Polyline,
    Quantity,
    Table,
)
from gradparity.results.tables.columns import Line
from gradparity.results.tables.scaling_words import lines as in_words
from gradparity.results.times.reference import overall
from gradparity.results.times.row import Row
from gradparity.results.times.scaling import crossovers, exponents
from gradparity.results.words import wording
from gradparity.results.words.display import printable


@dataclass(frozen=True, slots=True)
class Measure:
    """What is drawn over the size. figure: of a row, None where it has none.

    interval: the figures of its band, None where there is none. write: a line's figure in words.
    """

    name: str
    label: str
    unit: str
    figure: Callable[[Row], float | None]
    write: Callable[[Line], str]
    interval: Callable[[Row], tuple[float | None, float | None]] | None = None
    note: str = ""


def _bytes(line: Line) -> str:
    value = line.row.peak_bytes or 0
    for name, unit in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= unit:
            return f"{wording.number(value / unit)} {name}"
    return f"{value} B"


def _cold(row: Row) -> float | None:
    return None if row.first_s is None else row.first_s + (row.prepare_s or 0.0)


def _cold_words(line: Line) -> str:
    seconds = _cold(line.row) or 0.0
    return wording.time(seconds, wording.unit([seconds]))


MEASURES = {
    "call": Measure(
        "a warm call",
        "time per call",
        "s",
        lambda row: row.median_s,
        lambda line: line.words["median"],
        lambda row: (row.low_s, row.high_s),
    ),
    "forward": Measure(
        "total over the loss alone",
        "time / time of the loss",
        "",
        lambda row: row.over_forward,
        lambda line: f"{wording.number(line.row.over_forward or 0.0)}×",
        note="The two were not paired: the ratio has no interval.",
    ),
    "cold": Measure(
        "the first call, with prepare",
        "time until the first answer",
        "s",
        _cold,
        _cold_words,
        note="Dotted: a warm call.",
    ),
    "memory": Measure(
        "memory of the first call",
        "memory above what was held",
        "bytes",
        lambda row: None if row.peak_bytes is None else float(row.peak_bytes),
        _bytes,
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """One problem in one setting: its rows by backend, smallest size first."""

    problem: str
    setting: AskedSetting
    rows: Mapping[str, Sequence[Line]]


def size_view(material: Material) -> StoredView | None:
    """Return the view; None where no problem was timed at several numbers of parameters."""
    found = [one for setting in settings(material) for one in _growths(setting)]
    if not found:
        return None
    several = len({one.setting.option for one in found}) > 1
    names = [f"{one.problem}, {one.setting.option[1]}" if several else one.problem for one in found]
    choices = options(names)
    widest = max(range(len(found)), key=lambda i: _reach(found[i]))
    told = {id(one): _told(one) for one in found}
    frames: dict[tuple[str, ...], Frame] = {
        (value, key): _frame(one, key, told[id(one)])
        for (value, _), one in zip(choices, found, strict=True)
        for key in MEASURES
    }
    measures = [(key, measure.name) for key, measure in MEASURES.items()]
    return stored(
        "size",
        "Size",
        "How does time grow?",
        "Over the number of parameters, both axes logarithmic; the band is the interval of the "
        "median.",
        [
            selection("problem", "Problem", choices, choices[widest][0]),
            selection("what", "What is drawn", measures),
        ],
        frames,
    )


def _growths(setting: AskedSetting) -> list[Growth]:
    found: dict[str, dict[str, list[Line]]] = {}
    for group in setting.groups:
        for line in group.lines:
            if line.row.median_s is not None:
                by_backend = found.setdefault(line.row.problem, {})
                by_backend.setdefault(line.words["backend"], []).append(line)
    growths = []
    for problem, by_backend in found.items():
        rows = {who: sorted(made, key=_parameters) for who, made in by_backend.items()}
        if any(_parameters(made[0]) < _parameters(made[-1]) for made in rows.values()):
            growths.append(Growth(problem, setting, rows))
    return growths


def _parameters(line: Line) -> int:
    return line.row.parameters


def _reach(one: Growth) -> float:
    """How many times as large as the smallest size the largest is."""
    sizes = [_parameters(line) for lines in one.rows.values() for line in lines]
    return max(sizes) / max(1, min(sizes))


def _told(one: Growth) -> list[str]:
    """How time grows, and where others overtake the reference; as `show --scaling` says it."""
    cells = [cell for cell in one.setting.cells if cell.problem == one.problem]
    reference = overall(one.setting.of.run, cells)
    others = [
        name for name in dict.fromkeys(c.label for c in cells if c.samples) if name != reference
    ]
    met = [
        x for other in others for x in crossovers(cells, reference, other) if x.estimate is not None
    ]
    return in_words([*exponents(cells), *met])


def _frame(one: Growth, key: str, told: Sequence[str]) -> Frame:
    measure = MEASURES[key]
    drawn = {
        who: [line for line in lines if (measure.figure(line.row) or 0.0) > 0.0]
        for who, lines in one.rows.items()
    }
    drawn = {who: rows for who, rows in drawn.items() if rows}
    tables = [_table(measure, drawn)] if drawn else []
    if told:
        tables.append(Table("How time grows", {"finding": list(map(printable, told))}))
    if not drawn:
        return Frame(f"{measure.name} was not measured of {shown(one.problem)}.", [], tables)
    chart = Chart(
        key,
        f"{shown(one.problem)}, {measure.name}: {_least(measure, drawn)}",
        Axis("parameters", scale="log"),
        Axis(measure.label, measure.unit, scale="log"),
        [mark for who, rows in drawn.items() for mark in _marks(measure, key, who, rows)],
        height=380,
        note=measure.note,
    )
    return Frame(_sentence(measure, drawn), [chart], tables)


def _marks(measure: Measure, key: str, who: str, lines: Sequence[Line]) -> list[Mark]:
    look = backend_look(lines[0].row.backend, lines[0].row.variant)
    x = [float(line.row.parameters) for line in lines]
    y = [measure.figure(line.row) or 0.0 for line in lines]
    name = shown(who)
    marks: list[Mark] = []
    if measure.interval is not None:
        ends = [measure.interval(line.row) for line in lines]
        low, high = [a or 0.0 for a, _ in ends], [b or 0.0 for _, b in ends]
        marks.append(Band(x, low, high, colour=look.colour))
    if key == "cold":
        warm = [line.row.median_s or 0.0 for line in lines]
        marks.append(Polyline(x, warm, colour=look.colour, dash=(2, 4), width=1.5))
    marks.append(Polyline(x, y, name, colour=look.colour, dash=look.dash))
    told = [f"{name}, {line.row.parameters:,} parameters: {measure.write(line)}" for line in lines]
    marks.append(
        Points(x, y, colour=look.colour, marker=look.marker, filled=look.filled, names=told)
    )
    return marks


def _at_largest(measure: Measure, drawn: Mapping[str, Sequence[Line]]) -> tuple[int, list[Line]]:
    """The largest size that anybody has, and everybody there, the lowest first."""
    largest = max(_parameters(lines[-1]) for lines in drawn.values())
    there = [lines[-1] for lines in drawn.values() if _parameters(lines[-1]) == largest]
    return largest, sorted(there, key=lambda line: measure.figure(line.row) or 0.0)


def _least(measure: Measure, drawn: Mapping[str, Sequence[Line]]) -> str:
    largest, order = _at_largest(measure, drawn)
    if len(order) == 1:
        return f"{measure.write(order[0])} at {largest:,} parameters"
    return f"{shown(order[0].words['backend'])} has the least at {largest:,} parameters"


def _sentence(measure: Measure, drawn: Mapping[str, Sequence[Line]]) -> str:
    """Say who is lowest at the largest size that anybody has."""
    largest, order = _at_largest(measure, drawn)
    there = {line.words["backend"]: line for line in order}
    least, most = order[0].words["backend"], order[-1].words["backend"]
    text = f"{measure.name.capitalize()}: at {largest:,} parameters {shown(least)} has the least, "
    text += measure.write(there[least])
    if least != most:
        text += f"; {shown(most)} the most, {measure.write(there[most])}"
    return f"{text}."


def _table(measure: Measure, drawn: Mapping[str, Sequence[Line]]) -> Table:
    lines = [(who, line) for who, found in drawn.items() for line in found]
    return Table(
        measure.name.capitalize(),
        {
            "backend": [shown(who) for who, _ in lines],
            "size": [shown(line.row.size) for _, line in lines],
            "parameters": [
                Quantity(line.words["parameters"], float(_parameters(line))) for _, line in lines
            ],
            measure.label: [
                Quantity(measure.write(line), measure.figure(line.row)) for _, line in lines
            ],
        },
    )
