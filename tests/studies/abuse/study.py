"""All parts, two at a time; prints one table of counts. All zeros is what is wanted."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.harness.terminal.hostile import HOSTILE
from tests.studies.abuse import environments, files, kills, lines, losses, stores, strings
from tests.studies.abuse.faults import KINDS, Fault, Tried
from tests.studies.misbehaving_losses import MISBEHAVING

Trial = Callable[[int, random.Random, Path], tuple[int, list[Fault]]]
"""trial(number, rng, folder) -> how many things it tried, and what went wrong."""

CHUNK = 50
"""Trials inside a process that share a folder."""


def chunk(part: str, trial: Trial, numbers: range, seed: int) -> Tried:
    """Some trials of a part, in a folder of their own; each is drawn from its number alone."""
    count, faults = 0, []
    with tempfile.TemporaryDirectory(prefix="abuse-", ignore_cleanup_errors=True) as folder:
        for number in numbers:
            rng = random.Random(f"{seed} {part} {number}")
            try:
                tried, found = trial(number, rng, Path(folder))
            except Exception as error:  # what a trial cannot read is as good as lost
                trace = "".join(traceback.format_exception(error))
                tried, found = 1, [Fault("lost", trace, "the trial itself failed")]
            count += tried
            faults += [Fault(f.kind, f.told, f"{part} {number}: {f.tried}") for f in found]
    return Tried(part, count, tuple(faults))


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
            4,
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
    return parser.parse_args(words)


def every(asked: argparse.Namespace, told=None) -> list[Tried]:
    """Try all that is asked for; one `Tried` a part, in their order."""
    tasks = []
    for part, trial, count, at_a_time in parts(asked):
        numbers = (
            range(count) if asked.only is None else range(asked.only, asked.only + bool(count))
        )
        tasks += [
            (part, partial(chunk, part, trial, numbers[i : i + at_a_time], asked.seed))
            for i in range(0, len(numbers), at_a_time)
        ]
    found = {part: Tried(part, 0, ()) for part, _ in tasks}
    with ProcessPoolExecutor(asked.processes, max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(task) for _, task in tasks]):
            one = done.result()
            before = found[one.part]
            count, faults = before.count + one.count, before.faults + one.faults
            found[one.part] = Tried(one.part, count, faults)
            if told is not None:
                told(one)
    return list(found.values())


def table(found: list[Tried]) -> str:
    """The counts of every part, in Markdown."""
    lines = [f"| part | tried | {' | '.join(KINDS)} |", f"|---|---:|{'---:|' * len(KINDS)}"]
    for one in found:
        counts = Counter(fault.kind for fault in one.faults)
        figures = " | ".join(str(counts[kind]) for kind in KINDS)
        lines.append(f"| {one.part} | {one.count:,} | {figures} |")
    return "\n".join(lines)


def tell(one: Tried) -> None:
    """Say what went wrong as soon as it is known."""
    print(f"{one.part}: {one.count} more tried", file=sys.stderr, flush=True)
    for fault in one.faults:
        print(f"  {fault.kind}: {fault.tried}\n    {fault.told}", file=sys.stderr, flush=True)


def main() -> None:
    """Try, and print the table; exit code 1 if anything went wrong."""
    began, asked = time.monotonic(), asked_for(sys.argv[1:])
    found = every(asked, tell)
    print(table(found))
    print(f"\n{time.monotonic() - began:.0f} s, seed {asked.seed}")
    for kind, what in KINDS.items():
        print(f"- {kind}: {what}")
    sys.exit(any(one.faults for one in found))
