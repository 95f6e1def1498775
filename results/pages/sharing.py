"""Frames as JSON in which what many of them show stands once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gradparity.results.pages.charts import Chart, Frame
from gradparity.results.pages.encoding import encoded

SHORT = 100
"""Characters of what is not worth a reference."""


def shared(frames: Mapping[str, Mapping[str, Frame]]) -> str:
    """Return {"shared": parts, "frames": {view: {key: frame}}} as JSON.

    A part is a mark of a chart or a table; where one stands in a frame is its place in `parts`, a
    number, so that the landscape under a hundred paths is written once. `sources.js` reads it.
    """
    parts = _Parts()
    views = _object(
        (name, _object((key, _frame(frame, parts)) for key, frame in of.items()))
        for name, of in frames.items()
    )
    return f'{{"shared":[{",".join(parts.places)}],"frames":{views}}}'


class _Parts:
    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.written: dict[int, tuple[Any, str]] = {}

    def reference(self, part: Any) -> str:
        """The place of a part, or the part itself where that is as short."""
        if id(part) not in self.written:
            text = encoded(part)
            if len(text) > SHORT:
                text = str(self.places.setdefault(text, len(self.places)))
            self.written[id(part)] = part, text  # with the part, whose id another would get
        return self.written[id(part)][1]

    def references(self, parts: Iterable[Any]) -> str:
        return f"[{','.join(map(self.reference, parts))}]"


def _frame(frame: Frame, parts: _Parts) -> str:
    charts = f"[{','.join(_chart(chart, parts) for chart in frame.charts)}]"
    # `numbers` are for tests and the live page; a stored frame shows its numbers in tables.
    rest = encoded(replace(frame, charts=(), tables=(), numbers={}))
    return f'{rest[:-1]},"charts":{charts},"tables":{parts.references(frame.tables)}}}'


def _chart(chart: Chart | Mapping[str, Any], parts: _Parts) -> str:
    """chart: or what `encoded` made of one, as a stored finding has it."""
    if isinstance(chart, Mapping):
        rest: Any = {name: value for name, value in chart.items() if name != "marks"}
        marks = chart.get("marks", ())
    else:
        rest, marks = replace(chart, marks=()), chart.marks
    return f'{encoded(rest)[:-1]},"marks":{parts.references(marks)}}}'


def _object(members: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{encoded(key)}:{text}" for key, text in members) + "}"
