"""All parts, two at a time; prints one table of counts. All zeros is what is wanted.

--record FILE     note every trial in a file (`pieces.py`), and leave out what it holds already
--again           ... but not what went wrong there: it is tried again
--minutes 8       begin nothing after that
--noted FILE      try nothing, print the table of what is noted there
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.harness.terminal.hostile import HOSTILE
from tests.studies.abuse import environments, files, kills, lines, losses, pieces, stores, strings
from tests.studies.abuse.faults import KINDS, Fault, Tried
from tests.studies.misbehaving_losses import MISBEHAVING

Trial = Callable[[int, random.Random, Path], tuple[int, list[Fault]]]
"""trial(number, rng, folder) -> how many things it tried, and what went wrong."""

CHUNK = 50
"""Trials inside a process that share a folder."""


def chunk(
    part: str, trial: Trial, numbers: Sequence[int], seed: int, until: float, record: Path | None
) -> list[Tried]:
    """Some trials of a part, in a folder of their own; each is drawn from its number alone.

    until: when to begin no more of them, by `monotonic`. record: where each is noted as it ends.
    """
    done = []
    with tempfile.TemporaryDirectory(prefix="abuse-", ignore_cleanup_errors=True) as folder:
        for number in numbers:
            if time.monotonic() > until:
                break
            rng = random.Random(f"{seed} {part} {number}")
            try:
                tried, found = trial(number, rng, Path(folder))
            except Exception as error:  # what a trial cannot read is as good as lost
                trace = "".join(traceback.format_exception(error))
                tried, found = 1, [Fault("lost", trace, "the trial itself failed")]
            told = (Fault(f.kind, f.told, f"{part} {number}: {f.tried}") for f in found)
            done.append(Tried(part, number, tried, tuple(told)))
            if record:
                pieces.noted(record, seed, done[-1:])
    return done


def parts(asked: argparse.Namespace) -> Iterator[tuple[str, Trial, int, int]]:
    """(name, trial, how many of them, how many at a time) of every part that is asked for."""
    runs, trainings, gates = asked.kills
    yield "killed gates", kills.gate, gates, 5
    yield "killed runs", kills.run, runs, 10
    yield "killed trainings", kills.train, trainings, 10
    for verb in asked.verbs.split(",") if asked.losses else ():
        yield (
            f"losses, {verb}",
            losses.through(verb, asked.losses),
            losses.trials(verb, asked.losses),
            1,
        )
    yield "surroundings", environments.surrounding, asked.environments, 4
    yield "hostile names", strings.all_names, len(strings.NAMED) if asked.strings else 0, 1
    arguments = len(strings.arguments()) * min(asked.strings, len(HOSTILE)) // len(HOSTILE)
    yield "hostile arguments", strings.argument, arguments, CHUNK * 5
    yield "command lines", lines.line, asked.lines, CHUNK
    yield "suites", files.suite, asked.suites, CHUNK
    yield "baselines", files.baseline, asked.baselines, CHUNK
    yield "stores", stores.store, asked.stores, CHUNK


def asked_for(words: list[str]) -> argparse.Namespace:
    """What the command line asks for; all of it by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.abuse")
    each = {"lines": 5000, "suites": 500, "baselines": 500, "stores": 300}
    each |= {"losses": len(MISBEHAVING), "strings": len(HOSTILE)}
    each["environments"] = len(environments.SURROUNDINGS)
    for name, default in each.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    three = ("RUNS", "TRAININGS", "GATES")
    parser.add_argument("--kills", type=int, nargs=3, metavar=three, default=(50, 20, 10))
    parser.add_argument("--verbs", default=",".join((*losses.VERBS, *losses.SINGLE)))
    parser.add_argument("--only", help="one trial alone, by its number", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--noted", type=Path)
    return parser.parse_args(words)


def every(
    asked: argparse.Namespace, told: Callable[[list[Tried]], None] = lambda trials: None
) -> list[Tried]:
    """Try all that is asked for and not noted yet; the trials, in the order of the parts."""
    before = pieces.read(asked.record) if asked.record else {}
    tasks, order, until = [], [], time.monotonic() + 60 * asked.minutes
    for part, trial, count, at_a_time in parts(asked):
        order.append(part)
        wanted = range(count) if asked.only is None else range(asked.only, asked.only + bool(count))
        left = [
            number
            for number in wanted
            if (held := before.get((asked.seed, part, number))) is None
            or (asked.again and held[1].faults)
        ]
        tasks += [
            partial(chunk, part, trial, left[i : i + at_a_time], asked.seed, until, asked.record)
            for i in range(0, len(left), at_a_time)
        ]
    found: list[Tried] = []
    with ProcessPoolExecutor(asked.processes, max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(task) for task in tasks]):
            told(done.result())
            found += done.result()
    return sorted(found, key=lambda one: (order.index(one.part), one.number))


def tell(trials: list[Tried]) -> None:
    """Say what went wrong as soon as it is known."""
    if not trials:
        return
    tried = sum(one.count for one in trials)
    print(f"{trials[0].part}: {tried} more tried", file=sys.stderr, flush=True)
    for fault in (fault for one in trials for fault in one.faults):
        print(f"  {fault.kind}: {fault.tried}\n    {fault.told}", file=sys.stderr, flush=True)


def main() -> None:
    """Try, and print the table; exit code 1 if anything went wrong."""
    began, asked = time.monotonic(), asked_for(sys.argv[1:])
    if asked.noted:
        noted = pieces.read(asked.noted)
        print(pieces.dated_table(noted))
        sys.exit(any(one.faults for _, one in noted.values()))
    found = every(asked, tell)
    print(pieces.table(found))
    print(f"\n{time.monotonic() - began:.0f} s, seed {asked.seed}")
    for kind, what in KINDS.items():
        print(f"- {kind}: {what}")
    sys.exit(any(one.faults for one in found))
