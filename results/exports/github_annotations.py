"""What GitHub shows of a workflow: annotations on a commit, and the summary of a step.

Source: GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gradparity.results.words.display import visible
from gradparity.results.words.markdown import escaped, item, line

Level = Literal["notice", "warning", "error"]

MOST_OF_A_LEVEL = 10
"""Annotations of one level that GitHub shows per step; it drops the rest without a word."""

SUMMARY_BYTES = 200_000
"""A page much larger than that is slow to read; GitHub itself refuses 1 MiB for a whole step."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A message on a commit. file: relative to the repository; line: from 1; both optional."""

    level: Level
    title: str
    message: str
    file: str | None = None
    line: int | None = None

    def command(self) -> str:
        """Return "::error file=loss.py,line=3,title=wrong gradient::w[0] is 1", one line."""
        given = {"file": self.file, "line": self.line, "title": self.title or None}
        properties = ",".join(
            f"{name}={_property(str(value))}" for name, value in given.items() if value is not None
        )
        return f"::{self.level}{' ' + properties if properties else ''}::{_data(self.message)}"


def commands(annotations: Iterable[Annotation]) -> list[str]:
    """Return one workflow command per annotation, to be printed each on a line of its own.

    Of a level with more than GitHub shows, the last says how many are left out.
    """
    levels: dict[Level, list[Annotation]] = {}
    for annotation in annotations:
        levels.setdefault(annotation.level, []).append(annotation)
    found = []
    for level, members in levels.items():
        shown = members
        if len(members) > MOST_OF_A_LEVEL:
            left = len(members) - (MOST_OF_A_LEVEL - 1)
            rest = Annotation(level, f"{left} more", f"{left} more of these are in the log")
            shown = [*members[: MOST_OF_A_LEVEL - 1], rest]
        found += [annotation.command() for annotation in shown]
    return found


def summary(
    title: str,
    keys: Sequence[str],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str] = (),
    most_bytes: int = SUMMARY_BYTES,
) -> str:
    """Return a Markdown table under a title, with notes as a list, in less than `most_bytes`.

    Rows that do not fit are left out from the end, and a line says how many. Raises: ValueError if
    not even title, header and notes fit.
    """
    head = [f"## {escaped(title)}", "", line([escaped(key) for key in keys])]
    head.append(line([":--"] * len(keys)))
    foot = ["", *map(item, notes)] if notes else []
    body = [line([escaped(word) for word in row]) for row in rows]
    if _size([*head, *body, *foot]) >= most_bytes:
        # Room is kept for the longest line of this kind.
        room = most_bytes - _size([*head, *_left_out(len(rows), len(rows)), *foot])
        if room <= 0:
            raise ValueError(f"title, header and notes alone take {most_bytes} bytes or more")
        kept = 0
        for text in body:
            room -= _size([text])
            if room <= 0:
                break
            kept += 1
        body = body[:kept] + _left_out(len(rows) - kept, len(rows))
    return "\n".join([*head, *body, *foot]) + "\n"


def append_summary(text: str, file: str | Path) -> None:
    """Append to the summary of a step, the file that GitHub names in GITHUB_STEP_SUMMARY."""
    with Path(file).open("a", encoding="utf-8") as out:
        out.write(text if text.endswith("\n") else text + "\n")


def _left_out(rows: int, of: int) -> list[str]:
    return ["", f"{rows:,} of {of:,} rows are left out here; the stored run has them all."]


def _size(lines: Sequence[str]) -> int:
    return sum(len(text.encode()) + 1 for text in lines)


def _data(text: str) -> str:
    """Write the message of a command, its letters visible; "%" first: the others bring new ones."""
    parts = re.split(r"(\r?\n)", text)  # every other one is the end of a line
    parts[::2] = [visible(part).replace("%", "%25") for part in parts[::2]]
    return "".join(parts).replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
