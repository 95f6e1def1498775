"""What a report says without its script: tables, legends, environments, commands, raw data."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from gzip import compress

from gradparity.harness.report.material.material import ExploredRun, Material, RacedRun, TimedRun
from gradparity.harness.report.material.stored_view import shown
from gradparity.harness.report.settings import said
from gradparity.results.claims import words as claim_words
from gradparity.results.claims.document import to_json as claims_json
from gradparity.results.race_tables.document import to_json as race_json
from gradparity.results.race_tables.legend import legend as race_legend
from gradparity.results.race_tables.words import LEFT as RACE_LEFT
from gradparity.results.race_tables.words import goal, heading, sheets
from gradparity.results.races.race import contests
from gradparity.results.races.tuning import raced, tuned
from gradparity.results.races.verdict import verdict
from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Run
from gradparity.results.records.statuses import RIGHT, UNFINISHED, WRONG
from gradparity.results.tables.columns import Line
from gradparity.results.tables.legend import interval_name, legend, over
from gradparity.results.tables.run_document import to_json
from gradparity.results.tables.run_table import LEFT
from gradparity.results.words.display import printable

COLUMNS = (
    *("problem", "size", "backend", "parameters", "error", "prepare", "first call"),
    *("median", "interval", "ratio", "ratio interval", "cpu/wall", "status"),
)
ROOM = 1_000_000
"""Bytes that a race's download may take; the losses of a large one are left to the store."""
SHORT = 60
"""So many rows of a run's first table are shown at once; more are folded."""


@dataclass(frozen=True, slots=True)
class StaticRow:
    """Cells of a row in words; failed: whether its status is a failure."""

    cells: Sequence[str]
    failed: bool = False


@dataclass(frozen=True, slots=True)
class StaticTable:
    """A table in words. words: which columns are no figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[StaticRow]
    words: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the page holds: its name, what it is, and a data: link."""

    name: str
    words: str
    link: str


@dataclass(frozen=True, slots=True)
class StaticRun:
    """One run; verdict: in a sentence. short: whether its tables are short enough to be open."""

    id: str
    verdict: str
    failed: bool
    tables: Sequence[StaticTable]
    notes: Sequence[str]
    commands: Sequence[str]
    files: Sequence[Download]
    environment: Sequence[tuple[str, str]]

    @property
    def short(self) -> bool:
        """Whether the first table is shown unfolded."""
        return len(self.tables[0].rows) <= SHORT


def static_runs(material: Material) -> list[StaticRun]:
    """Return what the template is told of each run."""
    return [
        *map(_timed, material.timed),
        *map(_raced, material.raced),
        *map(_explored, material.explored),
    ]


def _timed(of: TimedRun) -> StaticRun:
    run, cells = of.run, of.cells
    interval = interval_name(cells)
    titles = {"interval": interval, "ratio": over(run, cells)}
    titles["ratio interval"] = f"{interval} of the ratio"
    columns = [titles.get(name, name) for name in COLUMNS]
    tables = [
        StaticTable(
            setting,
            columns,
            [_row(line) for group in of.groups if group.setting == setting for line in group.lines],
            _words(COLUMNS, LEFT),
        )
        for setting in dict.fromkeys(group.setting for group in of.groups)
    ]
    return StaticRun(
        run.id,
        _verdict(of),
        any(cell.status in WRONG or cell.status in UNFINISHED for cell in cells),
        tables,
        list(map(printable, legend(run, cells))),
        _commands(run, f"gradparity show {run.id} --scaling"),
        [_download(run, "verdicts, times and raw samples", to_json(run, cells))],
        _environment(run.environment),
    )


def _words(columns: Sequence[str], left: Sequence[str]) -> frozenset[int]:
    return frozenset(i for i, name in enumerate(columns) if name in left)


def _row(line: Line) -> StaticRow:
    words = {name: shown(line.words[name]) for name in COLUMNS}
    words["status"] = said(line.row.status)
    if line.best:
        words["backend"] += " ★"
    return StaticRow([words[name] for name in COLUMNS], line.failed)


def _verdict(of: TimedRun) -> str:
    wrong = sum(cell.status in WRONG for cell in of.cells)
    right = sum(cell.status in RIGHT for cell in of.cells)
    lost = sum(cell.status in UNFINISHED for cell in of.cells)
    text = f"FAIL: {wrong} wrong, " if wrong else ""
    text += f"{right} of {len(of.cells)} rows are right"
    return text + (f", {lost} did not finish." if lost else ".")


def _raced(of: RacedRun) -> StaticRun:
    made = raced(of.run, of.descents)
    found = contests(made, tuned(of.run, of.descents))
    tables = [
        StaticTable(
            f"{heading(contest)}: {sheet.title or goal(contest)}",
            sheet.columns,
            [
                StaticRow([shown(cells[name].full) for name in sheet.columns])
                for cells in sheet.lines
            ],
            _words(sheet.columns, RACE_LEFT),
        )
        for contest in found
        for sheet in sheets(contest, all_rates=True)
    ]
    notes = [f"{heading(contest)}: {goal(contest)}" for contest in found]
    return StaticRun(
        of.run.id,
        printable(verdict(made)),
        False,
        tables,
        list(map(printable, [*notes, *race_legend(of.run, made, found, all_rates=True)])),
        _commands(of.run, f"gradparity show {of.run.id} --histories --format json"),
        [_descents(of)],
        _environment(of.run.environment),
    )


def _explored(of: ExploredRun) -> StaticRun:
    columns = ("claim", "figure", "measured", "seeds", "against", "verdict")
    rows = [
        StaticRow(
            list(map(printable, (told, *figure, claim_words.verdict(one)))), one.status != "ok"
        )
        for one in of.findings
        for told in [f"{one.number}. {one.statement}"]
        for figure in claim_words.figures(one) or [("", one.reason, "", "")]
    ]
    return StaticRun(
        of.run.id,
        f"{claim_words.tally(of.findings)}.",
        any(one.status != "ok" for one in of.findings),
        [StaticTable("Claims", columns, rows, frozenset({0, 1, 4, 5}))],
        claim_words.notes(of.findings),
        _commands(of.run),
        [_download(of.run, "findings with every figure", claims_json(of.run, of.findings))],
        _environment(of.run.environment),
    )


def _commands(run: Run, *more: str) -> list[str]:
    return [printable(run.command), f"gradparity show {run.id}", *more]


def _download(run: Run, what: str, text: str) -> Download:
    held = b64encode(compress(text.encode("utf-8", "backslashreplace"), mtime=0)).decode()
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", run.id)
    words = f"Download {what}: JSON, compressed, {len(held) * 3 // 4 / 1000:,.0f} kB"
    return Download(f"gradparity-{name}.json.gz", words, f"data:application/gzip;base64,{held}")


def _descents(of: RacedRun) -> Download:
    """The descents, with every loss where there is room for them."""
    whole = _download(
        of.run, "every descent, with its losses", race_json(of.run, of.descents, True)
    )
    if len(whole.link) <= ROOM:
        return whole
    text = race_json(of.run, of.descents)
    return _download(of.run, "every descent without its losses, which the command has", text)


def _environment(found: Environment) -> list[tuple[str, str]]:
    """(what, in words) of what was told."""
    facts: list[tuple[str, str]] = []
    for field in fields(found):
        value = getattr(found, field.name)
        if value in (None, "", (), {}):
            continue
        facts += [(field.name.replace("_", " "), text) for text in _texts(value)]
    return [(name, printable(text)) for name, text in facts]


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, dict):
        yield ", ".join(f"{name} {held}" for name, held in value.items() if held is not None)
    elif isinstance(value, tuple):
        yield ", ".join(map(str, value))
    else:
        yield str(value)
