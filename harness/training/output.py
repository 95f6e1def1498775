"""What `train` and `show` print of a race: data to standard output, complete also in a pipe."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradparity.harness.terminal.console import say, write_json, write_text
from gradparity.harness.terminal.next_steps import beside
from gradparity.harness.training.race import Race
from gradparity.problems import InputError
from gradparity.results.races.race_comparison import RaceChange, RaceComparison
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run


def write_race(
    run: Run,
    descents: Sequence[Descent],
    form: str,
    histories: bool = False,
    all_rates: bool = False,
) -> None:
    """A race in one of the formats of the command line. all_rates: see `sheets`.

    Raises InputError for histories in another format than JSON, which alone has room for them.
    """
    from gradparity.results.race_tables import document as race_document

    if histories and form != "json":
        raise InputError("--histories needs --format json")
    if form == "table":
        from gradparity.results.race_tables.table import show_race

        show_race(run, descents, all_rates=all_rates)
    elif form == "json":
        write_json(race_document.document(run, descents, histories))
    else:
        text = (
            race_document.to_csv(run, descents)
            if form == "csv"
            else race_document.to_markdown(run, descents, all_rates)
        )
        write_text(text)


def write_next(race: Race, store: str | None) -> None:
    """Say where everything is and what to type next; store: as it was named."""
    say(f"run        {race.run.id} ({race.run.status})")
    say(f"stored in  {race.store}")
    if race.run.status != "finished":
        say(f"next       gradparity train --resume {race.run.id}{beside(store)}")
    say(f"next       gradparity show {race.run.id} --format csv{beside(store)}")


def write_pictures(run: Run, descents: Sequence[Descent], folder: str, form: str) -> None:
    """Draw the pictures; name their files, on standard error where data goes to standard output.

    Raises InputError for a folder that is none.
    """
    from gradparity.harness.training.pictures import draw_race
    from gradparity.problems.python_file import files_among
    from gradparity.results.races.tuning import raced

    files = files_among(run.options.get("targets", ()))
    drawn = draw_race(raced(run, descents), folder, files)
    for path in drawn.paths:
        say(f"picture    {path}", stderr=form != "table")
    for name, reason in drawn.skipped.items():
        say(f"no picture {name}: {reason}", stderr=form != "table")


def write_comparison(before: Run, after: Run, found: RaceComparison, form: str) -> None:
    """Two races side by side, in one of the formats of the command line."""
    from dataclasses import asdict

    from gradparity.harness.terminal.console import write_rows
    from gradparity.results.words.json_values import in_json

    rows = [asdict(one) | {"verdict": one.verdict} for one in found.changes]
    if form == "json":
        document = {"before": before.id, "after": after.id, "changes": in_json(rows)}
        document |= {"gone": in_json(found.gone), "new": in_json(found.new)}
        write_json(document)
        return
    if form == "csv":
        write_rows([{k: "" if v is None else str(v) for k, v in row.items()} for row in rows], form)
        return
    write_rows([_changed(one) for one in found.changes], form)
    told = [f"gone: {', '.join(key)}" for key in found.gone]
    told += [f"new: {', '.join(key)}" for key in found.new]
    told.append(
        "Evaluations to f* + 1e-3 (f0 - f*), medians over the seeds of both; better, worse: seeds "
        f"on which {after.id} is; sign test with Holm's correction over all rows, 5 %."
    )
    for text in told:
        say(text)


def write_comparisons(runs: Sequence[Run], found: Sequence[RaceComparison], form: str) -> None:
    """Several races beside the first, in one of the formats of the command line."""
    from dataclasses import asdict

    from gradparity.harness.terminal.console import write_rows
    from gradparity.results.words.json_values import in_json

    first, *others = runs
    pairs = list(zip(others, found, strict=True))
    rows = [
        {"run": run.id} | asdict(one) | {"verdict": one.verdict}
        for run, comparison in pairs
        for one in comparison.changes
    ]
    if form == "json":
        sides = [
            {"run": run.id, "gone": in_json(one.gone), "new": in_json(one.new)}
            for run, one in pairs
        ]
        write_json({"first": first.id, "changes": in_json(rows), "sides": sides})
    elif form == "csv":
        write_rows([{k: "" if v is None else str(v) for k, v in row.items()} for row in rows], form)
    else:
        told = [
            {"run": run.id} | _changed(one)
            for run, comparison in pairs
            for one in comparison.changes
        ]
        write_rows(sorted(told, key=lambda row: (row["problem"], row["optimizer"])), form)
        for run, one in pairs:
            for text in [f"gone: {', '.join(k)}" for k in one.gone]:
                say(f"{run.id}, {text}")
            for text in [f"new: {', '.join(k)}" for k in one.new]:
                say(f"{run.id}, {text}")
        say(
            f"Before: {first.id}; after: each other run. Evaluations to f* + 1e-3 (f0 - f*), "
            "medians over the seeds of both; sign test with Holm's correction over all rows, 5 %."
        )


def _changed(one: RaceChange) -> dict[str, str]:
    return {
        "problem": f"{one.problem} {one.size}",
        "backend": one.backend,
        "optimizer": one.optimizer,
        "before": "never" if math.isinf(one.before) else f"{one.before:,.0f}",
        "after": "never" if math.isinf(one.after) else f"{one.after:,.0f}",
        "after / before": "–" if one.ratio is None else f"{one.ratio:.3g}×",
        "better:worse": f"{one.better}:{one.worse} of {one.seeds}",
        "p": f"{one.adjusted:.2g}",
        "": one.verdict,
    }
