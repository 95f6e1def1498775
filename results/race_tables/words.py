"""The words of a race's sheets, before anybody decides how wide they may be.

Every contest has a sheet of how its descents ended and one of what it took to the τ by which
optimisers are compared; with all rates one for each measure, with a column for each τ. A
cell has two forms: with quartiles, and the median alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from gradparity.results.race_tables.endings import NEVER, ended, missing
from gradparity.results.race_tables.figures import between, count, counted, loss, most, rate
from gradparity.results.races import targets
from gradparity.results.races.differences import TAU
from gradparity.results.races.race import Contest, Standing
from gradparity.results.races.spread import Spread
from gradparity.results.races.targets import TAUS
from gradparity.results.races.tuning import Tuned
from gradparity.results.records.statuses import UNANSWERED
from gradparity.results.words import wording
from gradparity.results.words.wording import NONE

LEFT = ("backend", "optimizer", "tuned to", "at the end", "moved by", "ended")
DROPPED = ("moved by", "tuned to", "per step", "at the end", "1e-6", "1e-4", "1e-2", "1e-5", "1e-3")
"""The columns that a narrow terminal loses, in this order."""


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a cell; short: without the quartiles."""

    full: str
    short: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table in words: title, column names, one dict of cells per line.

    best: for each line, whether it is the best rate of its entrant.
    """

    title: str
    columns: tuple[str, ...]
    lines: tuple[dict[str, Written], ...]
    best: tuple[bool, ...]


def heading(contest: Contest) -> str:
    """Return "xor-tanh tiny · 9 parameters · float64 · 10 seeds · batches of 2 · cosine"."""
    parts = [
        wording.printable(f"{contest.problem} {contest.size}"),
        *([counted(contest.parameters, "parameter")] if contest.parameters else []),
        contest.dtype,
        counted(contest.seeds, "seed"),
    ]
    if contest.batch is not None:
        parts.append(f"batches of {contest.batch}")
    if contest.schedule != "constant":
        parts.append(wording.printable(contest.schedule))
    return " · ".join(parts)


def goal(contest: Contest) -> str:
    """Say what f* is: "f* = 0, the known minimum"."""
    if not contest.goals:
        return "f*: no descent has a loss"
    if contest.unbounded:
        return "f*: none, the loss is unbounded; escape: it has fallen by max(1, |f0|)"
    known = all(found.known for found in contest.goals)
    kind = "the known minimum" if known else "the lowest loss of these descents"
    values = sorted({found.value for found in contest.goals if not found.unbounded})
    if len(values) == 1:
        return f"f* = {loss(values[0])}, {kind}"
    return f"f* = {loss(values[0])} to {loss(values[-1])}, {kind}, seed by seed"


def sheets(contest: Contest, all_rates: bool = False) -> list[Sheet]:
    """Return the sheets of a contest: how the best rates ended, and when they came to f* + 1e-3.

    all_rates: every rate instead, and every τ, a sheet for each measure; how every rate ended, too.
    """
    lines = contest.standings
    best = [line for line in lines if line.best]
    grid = contest.entrants < len(lines)
    found = [_ends(contest, "best rate of each" if grid else "", best, grid)]
    every = [_ends(contest, "every rate", lines, False)] if grid and all_rates else []
    if contest.unbounded:
        return [*found, *every]
    if not all_rates:
        return [*found, _arrival(contest, best)]
    return [*found, *_measures(contest, lines), *every]


def _measures(contest: Contest, lines: Sequence[Standing]) -> list[Sheet]:
    found = [_measure(contest, "steps to f* + τ (f0 - f*)", lines, "steps", count)]
    if any(math.isfinite(spread.median) for line in lines for spread in line.steps):
        found.append(_measure(contest, "evaluations", lines, "evaluations", count))
    if clock := _clock([spread for line in lines for spread in line.seconds or ()]):
        found.append(_measure(contest, f"wall time [{clock[0]}]", lines, "seconds", clock[1]))
    return found


def _clock(spreads: Sequence[Spread]) -> tuple[str, Callable[[float], str]] | None:
    """The unit of these seconds, with what writes them in it; None where nobody was timed."""
    timed = [spread.median for spread in spreads if math.isfinite(spread.median)]
    if not timed:
        return None
    name, unit = wording.unit([median(timed)])
    return name, lambda seconds: wording.number(seconds / unit)


def _arrival(contest: Contest, lines: Sequence[Standing]) -> Sheet:
    """Who came to the one τ that optimisers are compared by: how many, and after what."""
    place = TAUS.index(TAU)
    clock = _clock([line.seconds[place] for line in lines if line.seconds])
    measures: dict[str, tuple[str, Callable[[float], str]]] = {
        "steps": ("steps", count),
        "evaluations": ("evaluations", count),
    }
    if clock:
        measures[f"wall time [{clock[0]}]"] = ("seconds", clock[1])
    who = _who(contest)
    written = []
    for line in lines:
        word = missing(line.descents)
        cells = _names(line)
        solved = f"{line.solved} of {len(line.descents)}"
        cells["solved"] = Written(solved, solved)
        for column, (name, write) in measures.items():
            spreads: tuple[Spread, ...] | None = getattr(line, name)
            blank = Written(NONE, NONE)
            cells[column] = _cell(spreads[place], write, word) if spreads else blank
        written.append({column: cells[column] for column in (*who, "solved", *measures)})
    title = f"solved: to f* + {targets.name(TAU)} (f0 - f*)"
    columns = (*who, "solved", *measures)
    return Sheet(title, columns, tuple(written), tuple(line.best for line in lines))


def _ends(contest: Contest, title: str, lines: Sequence[Standing], good: bool) -> Sheet:
    columns = [*_who(contest), *(["good rates"] if good else [])]
    if any(line.tuned for line in lines) and all(line.best for line in lines):
        columns += ["tuning"] if good else ["tuned to", "tuning"]  # a grid's rate stands there
    if contest.unbounded:
        columns += ["steps to escape", "evaluations to escape", "final loss"]
    else:
        columns += ["final loss", "per step"]
    columns += ["held-out loss"] if any(line.held_out for line in lines) else []
    columns += ["accuracy"] if any(line.accuracy for line in lines) else []
    columns += ["at the end", "moved by", "ended"]
    written = [_end(line) for line in lines]
    return Sheet(
        title,
        tuple(columns),
        tuple({name: cells[name] for name in columns} for cells in written),
        tuple(line.best for line in lines),
    )


def _end(line: Standing) -> dict[str, Written]:
    first = line.first
    failed = all(descent.status in UNANSWERED for descent in line.descents)
    rates = [d.convergence for d in line.descents if d.convergence is not None]
    words = {
        "tuned to": NONE if line.tuned is None else _settings(line.tuned),
        "tuning": NONE if line.tuned is None else f"{line.tuned.evaluations:,}",
        "good rates": NONE if line.good is None else between(*line.good),
        "per step": f"{median(rates):.4g}" if rates else NONE,
        "at the end": most(descent.end for descent in line.descents),
        "moved by": most(descent.how for descent in line.descents),
        "ended": ended(line.descents),
    }
    final = (
        Written(first.status, first.status)
        if failed
        else _cell(line.final_loss, loss, missing(line.descents), "inf")
    )
    return {
        **_names(line),
        **{name: Written(text, text) for name, text in words.items()},
        "final loss": final,
        **_escape(line),
        "held-out loss": Written(NONE, NONE)
        if line.held_out is None
        else _cell(line.held_out, loss, missing(line.descents), "inf"),
        "accuracy": Written(NONE, NONE)
        if line.accuracy is None
        else _cell(line.accuracy, lambda x: f"{100 * x:.3g} %", NEVER),
    }


def _settings(found: Tuned) -> str:
    """Return "lr=0.012, momentum=0.9"; an arrow says which way its range should be extended."""
    arrows = {"up": "↑", "down": "↓"}
    beyond = {name: arrows[way] for name, _, way in (edge.partition(" ") for edge in found.edges)}
    told = (f"{name}={value:.3g}{beyond.get(name, '')}" for name, value in found.settings.items())
    return ", ".join(told) or NONE


def _escape(line: Standing) -> dict[str, Written]:
    names = ("steps to escape", "evaluations to escape")
    return {
        name: _cell(spread, count, missing(line.descents))
        for name, spread in zip(names, line.escape or (), strict=False)
    }


def _measure(
    contest: Contest,
    title: str,
    lines: Sequence[Standing],
    name: str,
    write: Callable[[float], str],
) -> Sheet:
    who = _who(contest)
    taus = [targets.name(tau) for tau in TAUS]
    written = []
    for line in lines:
        spreads: tuple[Spread, ...] | None = getattr(line, name)
        word = missing(line.descents)
        blank = Written(word, word) if spreads is None else None
        cells = _names(line)
        for i, tau in enumerate(taus):
            cells[tau] = blank or _cell((spreads or ())[i], write, word)
        written.append({column: cells[column] for column in (*who, *taus)})
    return Sheet(title, (*who, *taus), tuple(written), tuple(line.best for line in lines))


def _who(contest: Contest) -> tuple[str, ...]:
    several = len({line.first.backend for line in contest.standings}) > 1
    return ("backend", "optimizer", "rate") if several else ("optimizer", "rate")


def _names(line: Standing) -> dict[str, Written]:
    backend, optimizer = (wording.printable(name) for name in line.entrant)
    words = {"backend": backend, "optimizer": optimizer, "rate": rate(line.first.rate)}
    return {name: Written(word, word) for name, word in words.items()}


def _cell(
    spread: Spread, write: Callable[[float], str], word: str, infinite: str = NEVER
) -> Written:
    """Write a spread; word: for an infinite median. infinite: for an infinite quartile."""

    def told(figure: float) -> str:
        return write(figure) if math.isfinite(figure) else infinite

    middle = write(spread.median) if math.isfinite(spread.median) else word
    low, high = told(spread.low), told(spread.high)
    if spread.low == spread.high or low == middle == high:
        return Written(middle, middle)
    return Written(f"{middle} [{low}, {high}]", middle)
