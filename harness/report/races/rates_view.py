"""How each optimiser depends on its learning rate; a click shows the descent at that rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, selection, shown, stored
from gradparity.harness.report.races.race_entries import (
    ReportedRace,
    entry,
    entry_options,
    reported_races,
)
from gradparity.results.pages.charts import (
    Axis,
    Band,
    Chart,
    Frame,
    Mark,
    Points,
    Polyline,
    Quantity,
    Rule,
    Table,
    Zone,
)
from gradparity.results.race_tables.figures import loss as in_words
from gradparity.results.races.arrivals import arrivals
from gradparity.results.races.contenders import Contender
from gradparity.results.races.heights import Height
from gradparity.results.races.quartiles import Quartiles
from gradparity.results.races.rates import Sensitivity, heights_at_end, sensitivity
from gradparity.results.words.wording import plain

Found = Mapping[Contender, Sensitivity]
Took = Mapping[Contender, Quartiles]


def rates_view(material: Material) -> StoredView | None:
    """Return the view; None where nobody raced at several rates."""
    races = reported_races(material)
    entries = entry_options(races)
    frames: dict[tuple[str, ...], Frame] = {}
    shown_races = []
    for race in races:
        height = heights_at_end(race.descents)
        pairs = {who: sensitivity(made, height) for who, made in race.members.items()}
        found = {who: one for who, one in pairs.items() if one is not None}
        if found:
            shown_races.append(race)
            frames[(race.option[0],)] = _frame(race, found, height, entries)
    if not frames:
        return None
    return stored(
        "rates",
        "Rates",
        "How much does the learning rate matter?",
        "The loss at the end over every rate that was raced, medians over the starts. "
        "Click a point to watch that descent.",
        [selection("race", "Race", [race.option for race in shown_races])],
        frames,
    )


def _frame(
    race: ReportedRace, found: Found, height: Height, entries: Mapping[str, tuple[str, str]]
) -> Frame:
    marks: list[Mark] = []
    for who, one in found.items():
        marks += _zones(race, who, one)
        if one.limit is not None:
            name = "2/λmax" if who.optimizer == "gd" else "2 (1 + μ)/λmax"
            marks.append(Rule(one.limit, name))
    for who, one in found.items():
        marks += _curve(race, who, one, height, entries)
    chart = Chart(
        "rates",
        f"{shown(race.problem)}: {_best(race, found)}",
        Axis("rate η", scale="log"),
        Axis(
            f"{height.name} at the end",
            scale="log" if height.log else "linear",
            low=height.low,
            high=_above(height, 0.06),
        ),
        marks,
        height=420,
        note="Shaded, and crosses above: half of the starts diverged. Hatched: not tried.",
    )
    took = arrivals(race.descents)
    charts = [chart, _steps(race, found, took, entries)]
    return Frame(_sentence(race, found), charts, [_table(race, found, took)])


def _best(race: ReportedRace, found: Found) -> str:
    """The best rate of each."""
    told = [
        f"{plain(float(one.rates[one.best]))} for {shown(race.names[who])}"
        for who, one in found.items()
        if one.best is not None
    ]
    return f"best rate {', '.join(told)}" if told else "every rate diverges"


def _steps(
    race: ReportedRace, found: Found, took: Took, entries: Mapping[str, tuple[str, str]]
) -> Chart:
    """The steps to the target at every rate; a gap where the median descent never came there."""
    marks: list[Mark] = []
    ends = [float(x) for who in found for x in took[who].middle if np.isfinite(x)]
    top = 2.0 * max([1.0, *ends])
    for who in found:
        look, name = race.looks[who], shown(race.names[who])
        rates = [float(rate) for rate in took[who].x]
        middle = np.maximum(np.where(np.isfinite(took[who].middle), took[who].middle, np.nan), 1.0)
        marks.append(Polyline(rates, middle, name, look.colour, look.dash))
        came = np.isfinite(middle)
        for marker, which in ((look.marker, came), ("cross", ~came)):
            if not which.any():
                continue
            at = np.asarray(rates)[which].tolist()
            y = np.where(came, middle, top)[which].tolist()
            names = [shown(entry(race, who, rate)) for rate in at]
            told = [f"{n}: {_arrived(k, top)}" for n, k in zip(names, y, strict=True)]
            sets = [_opens(race, entries.get(entry(race, who, rate))) for rate in at]
            marks.append(
                Points(at, y, "", look.colour, marker, 5.0, look.filled, names=told, sets=sets)
            )
    solved = f"{len(ends)} of {sum(len(took[who].x) for who in found)}"
    return Chart(
        "steps",
        f"{shown(race.problem)}: {solved} rates come to f* + 1e-3 (f0 - f*)",
        Axis("rate η", scale="log"),
        Axis("steps to the target", scale="log", low=0.8, high=1.3 * top),
        marks,
        note="Crosses above: the median descent never came there.",
    )


def _arrived(steps: float, top: float) -> str:
    return "never" if steps >= top else f"{steps:,.0f} steps"


def _zones(race: ReportedRace, who: Contender, one: Sensitivity) -> list[Mark]:
    """From the first rate beyond which all diverged to the last one; beyond, nothing was tried."""
    gone = np.asarray(one.diverged) >= 0.5
    if not gone[-1]:
        return []
    first = len(gone) - int(np.argmin(gone[::-1])) if not gone.all() else 0
    colour, last = race.looks[who].colour, float(one.rates[-1])
    return [
        Zone(float(one.rates[first]), last, f"{shown(race.names[who])} diverges", colour),
        Zone(last, float("inf"), "", colour, hatched=True),
    ]


def _curve(
    race: ReportedRace,
    who: Contender,
    one: Sensitivity,
    height: Height,
    entries: Mapping[str, tuple[str, str]],
) -> list[Mark]:
    look, name = race.looks[who], shown(race.names[who])
    rates = [float(rate) for rate in one.rates]
    middle = np.where(np.isfinite(one.losses.middle), height.drawn(one.losses.middle), np.nan)
    marks: list[Mark] = []
    if np.any(one.losses.low < one.losses.high):
        ends = np.isfinite(one.losses.high)
        low, high = height.drawn(one.losses.low[ends]), height.drawn(one.losses.high[ends])
        marks.append(Band(np.asarray(rates)[ends], low, high, colour=look.colour))
    finite = np.isfinite(middle)
    lost = [rate for rate, seen in zip(rates, finite, strict=True) if not seen]
    told = {
        rate: f"{shown(entry(race, who, rate))}: " + (in_words(float(y)) if seen else "diverged")
        for rate, y, seen in zip(rates, one.losses.middle, finite, strict=True)
    }

    def points(at: Sequence[float], y: Sequence[float], marker: str) -> Points:
        return Points(
            *(at, y, "", look.colour, marker, 5.0, look.filled),
            names=[told[rate] for rate in at],
            sets=[_opens(race, entries.get(entry(race, who, rate))) for rate in at],
        )

    kept = [rate for rate in rates if rate not in lost]
    marks += [
        Polyline(rates, middle, name, look.colour, look.dash),
        points(kept, [float(y) for y in middle[finite]], look.marker),
    ]
    return [*marks, points(lost, [_above(height, 0.03)] * len(lost), "cross")] if lost else marks


def _above(height: Height, share: float) -> float:
    """So much of the axis above its end: where there is room for crosses."""
    if height.log:
        return float(height.high * (height.high / height.low) ** share)
    return height.high + share * (height.high - height.low)


def _opens(race: ReportedRace, chosen: tuple[str, str] | None) -> dict[str, str]:
    """What a click on a rate does: it shows that descent."""
    if chosen is None:
        return {}
    return {"view": "paths", "race": race.option[0], "who": chosen[0]}


def _sentence(race: ReportedRace, found: Found) -> str:
    """The best rate of each, with the good ones; whether it is the edge of what was tried."""
    parts = []
    for who, one in found.items():
        name = shown(race.names[who])
        if one.best is None:
            parts.append(f"{name} diverges at every rate")
            continue
        text = f"{name} is best at {plain(float(one.rates[one.best]))}"
        if one.good is not None and one.good[0] != one.good[1]:
            low, high = (plain(float(one.rates[i])) for i in one.good)
            text += f" (good from {low} to {high})"
        if one.best in (0, len(one.rates) - 1):
            text += ", at the edge of what was tried: extend it"
        parts.append(text)
    return "; ".join(parts) + "."


def _lost(loss: float) -> str:
    return in_words(loss) if np.isfinite(loss) else "diverged"


def _table(race: ReportedRace, found: Found, took: Took) -> Table:
    columns: dict[str, list[str | Quantity]] = {
        name: [] for name in ("optimiser", "rate", "loss at the end", "steps to target", "diverged")
    }
    for who, one in found.items():
        for steps in took[who].middle:
            text = f"{steps:,.0f}" if np.isfinite(steps) else "never"
            columns["steps to target"].append(Quantity(text, float(steps)))
        for rate, loss, gone in zip(one.rates, one.losses.middle, one.diverged, strict=True):
            columns["optimiser"].append(shown(race.names[who]))
            columns["rate"].append(Quantity(plain(float(rate)), float(rate)))
            columns["loss at the end"].append(Quantity(_lost(float(loss)), float(loss)))
            columns["diverged"].append(Quantity(f"{100 * float(gone):.0f} %", float(gone)))
    return Table("Medians over the starts", columns)
