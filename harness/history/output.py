"""How a history is printed, and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.harness.gate.words import percent
from gradparity.harness.history.record import (
    CommitHistory,
    Point,
    TimeStep,
    no_step,
    series,
    steps,
    undecided,
)
from gradparity.harness.terminal.console import say, write_json, write_rows
from gradparity.results.pages.charts import Axis, Band, Chart, Points, Polyline, Rule
from gradparity.results.races.contenders import short
from gradparity.results.records.statuses import WRONG
from gradparity.results.words.display import printable

COLOURS = ("a", "b", "c", "d", "e", "f")
DASHES: tuple[tuple[float, ...], ...] = ((), (7, 4), (3, 3), (9, 3, 3, 3))


def write(history: CommitHistory, form: str) -> None:
    """Print it: a line per commit and row, and where a row's time changed."""
    found = steps(history)
    if form == "json":
        write_json({**history.model_dump(), "steps": [_step(one) for one in found]})
        return
    write_rows(table(history, found), form)
    if form != "table":
        return
    for one in found:
        way = "slower" if one.ratio > 1 else "faster"
        say(
            f"{one.commit.short} made {one.label} {way}: "
            f"{one.ratio - 1:+.1%} [{one.low - 1:+.1%}, {one.high - 1:+.1%}]  {one.commit.title}"
        )
    if not found:
        say(no_step(history, history.labels()))
    missing = len(history.missing())
    if missing:
        say(f"{missing} of {missing + len(history.gates)} gates are missing: type it again")


def table(history: CommitHistory, found: Sequence[TimeStep]) -> list[dict[str, str]]:
    """A row of text for each row of the plan at each commit."""
    changed = {(one.commit.hash, one.label): one for one in found}
    rows = []
    for label in history.labels():
        for point in series(history, label):
            step = changed.get((point.commit.hash, label))
            rows.append(
                {
                    "row": label,
                    "commit": point.commit.short,
                    "date": point.commit.date[:10],
                    "verdict": point.verdict or "anchor",
                    "time / anchor's": "" if point.ratio is None else f"{point.ratio:.3f}",
                    "95 % interval": _interval(point),
                    "step": "" if step is None else percent(step.ratio),
                }
            )
    return rows


def chart(history: CommitHistory, labels: Sequence[str] = ()) -> Chart:
    """Ratios to the anchor over the commits, with intervals, steps and wrong gradients.

    labels: which rows; all, or the first six where there are more.
    """
    shown = list(labels or history.labels())[: len(COLOURS)]
    places = {commit.hash: k for k, commit in enumerate(history.commits)}
    found = [one for one in steps(history) if one.label in shown]
    marks: list[Any] = [Rule(1.0, "anchor", axis="y")]
    names_apart = apart(shown)
    for k, label in enumerate(shown):
        points = [one for one in series(history, label) if one.ratio is not None]
        xs = [float(places[one.commit.hash]) for one in points]
        ys = [one.ratio or 1.0 for one in points]
        lows, highs = [one.low or 1.0 for one in points], [one.high or 1.0 for one in points]
        names = [
            f"{one.commit.short} {short(printable(one.commit.title))}: {one.ratio:.3f}"
            for one in points
        ]
        colour = COLOURS[k]
        marks.append(Band(xs, lows, highs, "", colour))
        name = names_apart[label] if len(points) > 1 else ""  # the anchor alone is no line
        marks.append(Polyline(xs, ys, name, colour, DASHES[k % len(DASHES)]))
        marks.append(Points(xs, ys, "", colour, "circle", 3.5, names=names))
    for one in found:
        colour = "bad" if one.ratio > 1 else "good"
        marks.append(Rule(float(places[one.commit.hash]), percent(one.ratio), colour))
    wrong = [point for label in shown for point in series(history, label) if point.verdict in WRONG]
    if wrong:
        at = [float(places[one.commit.hash]) for one in wrong]
        ys = [one.ratio or 1.0 for one in wrong]
        marks.append(Points(at, ys, "wrong gradient", "bad", "cross", 7))
    every = max(1, len(history.commits) // 8)
    ticks = [(float(k), c.short) for k, c in enumerate(history.commits) if k % every == 0]
    return Chart(
        "history",
        _title(history, shown, found),
        Axis("commit", ticks=ticks, low=-0.3, high=len(history.commits) - 0.7),
        Axis("time / anchor's", scale="log"),
        marks,
        note="Bands are 95 % intervals. A step is marked where both measurements of it agree.",
    )


def _title(history: CommitHistory, labels: Sequence[str], found: Sequence[TimeStep]) -> str:
    for label in labels:
        wrong = [point for point in series(history, label) if point.verdict in WRONG]
        if wrong:
            return f"{short(printable(label))} is wrong at {wrong[0].commit.short}"
    if not found:
        open_rows, rows = undecided(history, labels)
        more = f"; {open_rows} of {rows} comparisons are inconclusive" if open_rows else ""
        return f"No step in {len(history.commits)} commits{more}"
    worst = max(found, key=lambda one: one.ratio)
    way = "slower" if worst.ratio > 1 else "faster"
    who = short(printable(worst.label))
    return f"{worst.commit.short} made {who} {way}, {percent(worst.ratio)}"


def apart(labels: Sequence[str]) -> dict[str, str]:
    """Return what tells rows apart: their names, without the words with which all of them begin."""
    words = [printable(label).split() for label in labels]
    same = 0
    while len(words) > 1 and all(
        len(each) > same + 1 and each[same] == words[0][same] for each in words
    ):
        same += 1
    return {label: short(" ".join(each[same:])) for label, each in zip(labels, words, strict=True)}


def _interval(point: Point) -> str:
    if point.low is None or point.high is None or point.low == point.high:
        return ""
    return f"{point.low:.3f} to {point.high:.3f}"


def _step(one: TimeStep) -> dict[str, Any]:
    return {
        "row": one.label,
        "commit": one.commit.hash,
        "ratio": one.ratio,
        "low": one.low,
        "high": one.high,
    }
