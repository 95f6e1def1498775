"""What the doctor found, for a person and for programs."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from gradparity.harness.doctor.observation import BETTER, GOOD, UNKNOWN, Observation
from gradparity.harness.terminal.console import ascii_only, console
from gradparity.results.words import wording

STYLES = {GOOD: "green", BETTER: "yellow", UNKNOWN: "dim"}


def write(observations: Sequence[Observation], form: str) -> None:
    """Print the observations as a table, or as {"findings": [...]}."""
    if form == "json":
        document = {"findings": [asdict(found) for found in observations]}
        json.dump(document, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return
    screen = console()
    for found in observations:
        for line in _lines(found, screen.width):
            screen.print(line, soft_wrap=True)
    screen.print(Text(_words(_summary(observations))), soft_wrap=True)


def _lines(found: Observation, width: int) -> list[Text]:
    head = f"{found.verdict:<{len(BETTER)}}  {found.topic:<18}  "
    parts = textwrap.wrap(found.value, max(width - len(head), 20), break_long_words=False)
    lines = [Text(_words(head + (parts or [""])[0]))]
    lines[0].stylize(STYLES[found.verdict], 0, len(found.verdict))
    lines += [Text(" " * len(head) + _words(part)) for part in parts[1:]]
    indent = " " * (len(BETTER) + 2)
    # A command is to be copied whole: it is wrapped at spaces only, never inside a word.
    for part in textwrap.wrap(
        found.advice,
        max(width - len(indent) - 2, 20),
        break_long_words=False,
        break_on_hyphens=False,
    ):
        lines.append(Text(f"{indent}  {_words(part)}", "italic"))
    return lines


def _summary(observations: Sequence[Observation]) -> str:
    better = sum(found.verdict == BETTER for found in observations)
    if better == 0:
        return "Nothing here could be better."
    return f"{better} of {len(observations)} could be better."


def _words(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return wording.to_ascii(printable) if ascii_only() else printable
