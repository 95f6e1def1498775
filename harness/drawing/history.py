"""A history as the rows of its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradparity.harness.history.record import CommitHistory, TimeStep, series, steps
from gradparity.results.pictures.history_picture import DrawnRow
from gradparity.results.races.contenders import short
from gradparity.results.records.statuses import WRONG
from gradparity.results.words.display import printable


def drawn_rows(history: CommitHistory) -> list[DrawnRow]:
    """Return every row that was measured, as `history_figure` draws it."""
    places = {commit.hash: k for k, commit in enumerate(history.commits)}
    found = steps(history)
    return [_row(history, label, places, found) for label in history.labels()]


def _row(
    history: CommitHistory, label: str, places: Mapping[str, int], found: Sequence[TimeStep]
) -> DrawnRow:
    points = series(history, label)
    timed = [
        (places[one.commit.hash], one.ratio, one.low or one.ratio, one.high or one.ratio)
        for one in points
        if one.ratio is not None
    ]
    at, ratios, lows, highs = zip(*timed, strict=True)  # the anchor is always among them
    return DrawnRow(
        *(short(printable(label)), _who(label), at, ratios, lows, highs),
        wrong=tuple(places[one.commit.hash] for one in points if one.verdict in WRONG),
        steps=tuple((places[s.commit.hash], s.ratio) for s in found if s.label == label),
    )


def _who(label: str) -> tuple[str, str]:
    """Backend and variant of "rosenbrock large gradient float64 torch (idiomatic)"."""
    named, _, variant = label.removesuffix(")").partition(" (")
    return named.rpartition(" ")[2], variant or "portable"
