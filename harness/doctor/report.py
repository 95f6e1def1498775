"""What the doctor found, for a person and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from gradparity.harness.doctor.observation import BETTER, GOOD, UNKNOWN, Observation
from gradparity.harness.terminal.console import console, write_json
from gradparity.results.words.screen import as_shown, has_command

STYLES = {GOOD: "green", BETTER: "yellow", UNKNOWN: "dim"}


def write(observations: Sequence[Observation], form: str) -> None:
    """Print the observations as a table, or as {"findings": [...]}."""
    if form == "json":
        write_json({"findings": [asdict(found) for found in observations]})
        return
    screen = console()
    for found in observations:
        for line in _lines(found, screen.width):
            screen.print(line, soft_wrap=True)
    screen.say(_summary(observations))


def _lines(found: Observation, width: int) -> list[Text]:
    head = f"{found.verdict:<{len(BETTER)}}  {found.topic:<18}  "
    first, *others = _folded(found.value, width - len(head)) or [""]
    lines = [Text(as_shown(head + first))]
    lines[0].stylize(STYLES[found.verdict], 0, len(found.verdict))
    lines += [Text(" " * len(head) + as_shown(part)) for part in others]
    indent = " " * (len(BETTER) + 4)
    parts = _folded(found.advice, width - len(indent))
    return lines + [Text(indent + as_shown(part), "italic") for part in parts]


def _folded(text: str, width: int) -> list[str]:
    """Break a text at its spaces; one with a command in it is to be copied, and stays whole."""
    if has_command(text):
        return [text]
    room = max(width, 20)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


def _summary(observations: Sequence[Observation]) -> str:
    better = sum(found.verdict == BETTER for found in observations)
    if better == 0:
        return "Nothing here could be better."
    return f"{better} of {len(observations)} could be better."
