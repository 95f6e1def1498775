"""Command lines, drawn; those of `tests/harness/terminal/command_lines.py`."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from tests.harness.terminal.command_lines import command_line, complaint, folder_of_files, verbs
from tests.studies.abuse.commands import called
from tests.studies.abuse.faults import Fault


@cache
def place(folder: Path):
    """(a folder of good and bad files, what may be named in it, the verbs)."""
    made = folder / "lines"
    made.mkdir()
    return made, folder_of_files(made), verbs()


def line(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """One command line, inside this process."""
    made, files, known = place(folder)
    words = command_line(rng, known, files)
    ended, faults = called(made, *words, TMPDIR=str(made))
    if not faults and (told := complaint(ended)):
        faults = [Fault("silent", told, repr(words))]
    return 1, faults
