"""How verdicts are printed: for people, for programs, for continuous integration."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from gradparity.harness.checking.checks import CheckedSubject
from gradparity.harness.processes.environment import now
from gradparity.harness.terminal.console import (
    console,
    say,
    write_commands,
    write_json,
    write_rows,
    write_text,
)
from gradparity.harness.terminal.word_table import WordTable
from gradparity.results.exports.github_annotations import Annotation, append_summary, summary
from gradparity.results.exports.junit import export as to_junit
from gradparity.results.records.record import Run
from gradparity.results.records.statuses import RIGHT, SKIPPED, UNANSWERED, UNFINISHED, WRONG
from gradparity.results.words import wording
from gradparity.results.words.markdown import item

KEYS = ("problem", "size", "backend", "operator", "verdict", "u float64", "u float32", "bound")
LEGEND = (
    "u: the largest error of a number, in eps of the dtype, over the number and how far rounding "
    "alone moves it; right is u <= bound."
)


def write_checks(found: Sequence[CheckedSubject], form: str) -> None:
    """Verdicts to standard output: table, json, csv, markdown, junit or github."""
    if form == "json":
        write_json({"summary": counts(found), "checks": [one.document() for one in found]})
    elif form == "junit":
        write_text(to_junit(Run("check", now(), "check", "", ""), [c.cell() for c in found]))
    elif form == "github":
        _github(found)
    elif form in ("csv", "markdown"):
        write_rows([dict(zip(keys_of(found), words_of(one), strict=True)) for one in found], form)
        if form == "markdown":
            say()
            write_text("\n".join(map(item, [*details(found), LEGEND])))
    else:
        _table(found)


def keys_of(found: Sequence[CheckedSubject]) -> tuple[str, ...]:
    """The headers: `KEYS`, with a dtype shorter than float32 in float64's place, if it is asked."""
    low = next((x.finding.low[0] for x in found if x.finding and x.finding.low), "float64")
    return tuple(f"u {low}" if key == "u float64" else key for key in KEYS)


def counts(found: Sequence[CheckedSubject]) -> dict[str, int]:
    """How many there are of each status, and of all."""
    return {"checked": len(found), **Counter(one.status for one in found)}


def summary_line(found: Sequence[CheckedSubject]) -> str:
    """Say in a line how it went."""
    right = sum(one.status in RIGHT for one in found)
    wrong = sum(one.status in WRONG for one in found)
    unjudged = sum(one.status in UNANSWERED for one in found)
    poor = len(found) - right - wrong - unjudged
    parts = [f"{right} right", f"{wrong} wrong" if wrong else "none wrong"]
    parts += [f"{poor} of poor accuracy"] if poor else []
    parts += [f"{unjudged} not judged"] if unjudged else []
    return f"{len(found)} checked: {', '.join(parts)}"


def words_of(one: CheckedSubject) -> tuple[str, ...]:
    """The words of a row, in the order of `KEYS`."""
    found = one.finding
    first = None if found is None else found.low[1] if found.low else found.u64
    judged = (None, None, None) if found is None else (first, found.u32, found.bound)
    figures = ["–" if x is None else f"{x:.{n}g}" for x, n in zip(judged, (2, 2, 3), strict=True)]
    verdict = wording.status(one.status)
    return (one.problem, one.size, one.label, one.operator, verdict, *figures)


def details(found: Sequence[CheckedSubject]) -> list[str]:
    """Everything that is not simply right, in full; the same reason once for all that share it."""
    groups: dict[tuple[str, ...], list[CheckedSubject]] = {}
    for one in found:
        if one.status == "ok" and not one.reason:
            continue
        own = () if one.status in UNANSWERED else (one.problem, one.size, one.operator)
        groups.setdefault((one.label, one.status, *one.told(), *own), []).append(one)
    lines = []
    for members in groups.values():
        one = members[0]
        where = f"{one.problem} {one.size}" if len(members) == 1 else f"{len(members)} rows"
        line, why = one.told()
        lines.append(f"{one.label}, {where} ({one.operator}): {line}")
        lines += [f"    {text}" for text in (why, one.advice) if text]
        if one.status not in UNANSWERED:
            lines.append(f"    {one.command}")
    return lines


def _table(found: Sequence[CheckedSubject]) -> None:
    terminal = console()
    shown = WordTable()
    alike = len({one.operator for one in found}) < 2
    every = keys_of(found)
    keys = [key for key in every if not (key == "operator" and alike)]
    for key in keys:
        numeric = key.startswith("u ") or key == "bound"
        shown.add_column(key, justify="right" if numeric else "left", overflow="fold")
    for one in found:
        words = dict(zip(every, words_of(one), strict=True))
        style = "red" if one.status in WRONG else "" if one.status in RIGHT else "yellow"
        shown.add_row(*(words[key] for key in keys), style=style)
    terminal.print(shown)
    for line in [*details(found), LEGEND, summary_line(found)]:
        terminal.say(line)


def _github(found: Sequence[CheckedSubject]) -> None:
    """Annotations to standard output, the table to the step's summary where there is one."""
    notes = []
    for one in found:
        if one.status in (*RIGHT, *SKIPPED):
            continue
        bad = one.status in (*WRONG, *UNFINISHED)
        title = f"{one.label} is {'wrong' if bad else one.status} on {one.problem} {one.size}"
        notes.append(Annotation("error" if bad else "warning", title, one.message(), one.file))
    write_commands(notes)
    say(summary_line(found))
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        told = [line.strip() for line in details(found)]
        text = summary(
            "Are the gradients right?",
            keys_of(found),
            [words_of(one) for one in found],
            [*told[:60], LEGEND],
        )
        append_summary(text, target)
