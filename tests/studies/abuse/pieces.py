"""What was tried, a line per trial in a file: the study is run in pieces, and its table put together.

Of a trial that was made more than once, the last line counts: what was mended is tried again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.studies.abuse.faults import KINDS, Fault, Tried

Key = tuple[int, str, int]
"""(seed, part, number): what a trial is drawn from."""


def noted(path: Path, seed: int, trials: Iterable[Tried]) -> None:
    """Append a line for each trial, with the minute in which it is written."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    with path.open("a") as file:
        for one in trials:
            file.write(json.dumps({"seed": seed, "at": now} | asdict(one)) + "\n")


def read(path: Path) -> dict[Key, tuple[str, Tried]]:
    """(when, the trial) of every trial that was made, as it was made last; {} where no file is."""
    found: dict[Key, tuple[str, Tried]] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        given = json.loads(line)
        seed, at = given.pop("seed"), given.pop("at")
        one = Tried(**given | {"faults": tuple(Fault(**each) for each in given["faults"])})
        found[seed, one.part, one.number] = (at, one)
    return found


def table(trials: Iterable[Tried]) -> str:
    """The counts of every part, in Markdown."""
    trials = list(trials)
    lines = [f"| part | tried | {' | '.join(KINDS)} |", f"|---|---:|{'---:|' * len(KINDS)}"]
    for part in dict.fromkeys(one.part for one in trials):
        mine = [one for one in trials if one.part == part]
        counts = Counter(fault.kind for one in mine for fault in one.faults)
        figures = " | ".join(str(counts[kind]) for kind in KINDS)
        lines.append(f"| {part} | {sum(one.count for one in mine):,} | {figures} |")
    return "\n".join(lines)


def dated_table(found: dict[Key, tuple[str, Tried]]) -> str:
    """One row a part, in Markdown: how many of what, in which days, and what went wrong."""
    lines = ["| part | tried | went wrong | from | to |", "|---|---:|---:|---|---|"]
    for part in sorted({part for _, part, _ in found}):
        mine = [pair for (_, name, _), pair in found.items() if name == part]
        tried, wrong = (sum(one.count for _, one in mine), sum(bool(one.faults) for _, one in mine))
        times = sorted(at for at, _ in mine)
        lines.append(f"| {part} | {tried:,} | {wrong} | {times[0]} | {times[-1]} |")
    return "\n".join(lines)
