"""A view of which every frame is kept: its controls choose among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradparity.harness.report.material.keys import key_of
from gradparity.harness.views.controls import Selection
from gradparity.harness.views.view import View
from gradparity.results.pages.charts import Frame
from gradparity.results.races.contenders import short
from gradparity.results.words.display import printable


@dataclass(frozen=True, slots=True, eq=False)
class StoredView:
    """A view, and its frames by `key` of the controls' values."""

    view: View
    frames: Mapping[str, Frame]


def stored(
    name: str,
    tab: str,
    title: str,
    lead: str,
    controls: Sequence[Selection],
    frames: Mapping[tuple[str, ...], Frame],
) -> StoredView:
    """Return the view whose frame for these values of the controls is this one."""
    names = [control.name for control in controls]
    kept = {
        key_of(controls, dict(zip(names, values, strict=True))): frame
        for values, frame in frames.items()
    }

    def compute(given: Mapping[str, Any]) -> Frame:
        return kept[key_of(controls, given)]

    return StoredView(View(name, tab, title, lead, controls, compute), kept)


def shown(text: str) -> str:
    """Return a name as it stands in a view: all visible, on one line, not too long."""
    return short(printable(text))


def options(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return (value, what it is called) for each of these names, the value fit for an address.

    Values are told apart where the names are not; "|" is in none of them.
    """
    found: dict[str, str] = {}
    for text in texts:
        value = re.sub(r"[^A-Za-z0-9.()+]+", "-", text).strip("-")[:40] or "one"
        number, free = 1, value
        while free in found:
            number += 1
            free = f"{value}-{number}"
        found[free] = shown(text)
    return list(found.items())


def selection(
    name: str, label: str, given: Sequence[tuple[str, str]], default: str = ""
) -> Selection:
    """Return the control with these options, the first one chosen if no default is named."""
    return Selection(name, label, given, default or given[0][0])
