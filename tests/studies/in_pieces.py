"""A study in pieces: a line of a file for each, and what is in the file is not done again.

    found = gathered(record, pieces, until(minutes), cluster)

So a study of hours goes on where it was interrupted. A line is JSON: the piece's name, what was
found of it, and the seconds of processor time that this took.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gradparity.harness.cluster.connection import connected
from gradparity.harness.cluster.named import named
from gradparity.harness.processes.environment import allowed_cores

Piece = tuple[str, Callable[[], Any]]
"""(its name, what finds it: anything that JSON can hold)."""


class Unfinished(Exception):
    """The time is over, and pieces are left: how many of how many."""


def read(record: Path) -> dict[str, Any]:
    """What is in the file, by the pieces' names; {} without a file, or where it is None."""
    lines = record.read_text().splitlines() if record.exists() else []
    return {line["piece"]: line["found"] for line in map(json.loads, lines)}


def gathered(
    record: Path, pieces: Iterable[Piece], until: float = float("inf"), cluster: str | None = None
) -> dict[str, Any]:
    """Find every piece that the record lacks, and return all, by name.

    until: no piece is begun after it, by `time.monotonic()`. cluster: as `--cluster` names it; None
    for one piece after the other, here.
    Raises: Unfinished if pieces are left then.
    """
    known, pieces = read(record), list(pieces)
    left = [(name, find) for name, find in pieces if name not in known]
    done = len(pieces) - len(left)
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a") as file:
        for name, found, seconds in (
            _in_turn(left, until) if cluster is None else _on(cluster, left, until)
        ):
            known[name] = found
            line = {"piece": name, "found": found, "seconds": round(seconds, 3)}
            print(json.dumps(line), file=file, flush=True)
            done += 1
            told = f"{done} of {len(pieces)}: {name}, {seconds:.1f} s"
            print(told, file=sys.stderr, flush=True)
    if done < len(pieces):
        raise Unfinished(f"{len(pieces) - done} of {len(pieces)} pieces are left")
    return {name: known[name] for name, _ in pieces}


def _in_turn(left: Sequence[Piece], until: float) -> Iterator[tuple[str, Any, float]]:
    for name, find in left:
        if time.monotonic() > until:
            return
        yield name, *_timed(find)


def _on(cluster: str, left: Sequence[Piece], until: float) -> Iterator[tuple[str, Any, float]]:
    """A piece is a task, twice as many at a time as there are threads; hosts have this checkout."""
    from distributed import as_completed

    with connected(named(cluster), len(allowed_cores()), False, print) as client:
        waiting, names = deque(left), {}

        def sent(most: int) -> Iterator[Any]:
            while waiting and most and time.monotonic() <= until:
                name, find = waiting.popleft()
                future = client.submit(_timed, find, pure=False)
                names[future.key] = name
                most -= 1
                yield future

        under_way = as_completed(list(sent(2 * sum(client.nthreads().values()))), loop=client.loop)
        for future in under_way:
            yield names[future.key], *future.result()
            under_way.update(sent(1))


def _timed(find: Callable[[], Any]) -> tuple[Any, float]:
    """(what it finds, its seconds of processor time)."""
    start = time.process_time()
    found = find()
    return found, time.process_time() - start


def with_record(parser: argparse.ArgumentParser, record: Path | None) -> None:
    """Give a command line `--record FILE`, `--minutes N` and `--cluster WHERE`."""
    parser.add_argument(
        "--record", type=Path, default=record, help="what is in it is not done again"
    )
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="begin nothing after that"
    )
    parser.add_argument(
        "--cluster", metavar="WHERE", help="local, a scheduler's address, or a file.toml"
    )


def until(minutes: float) -> float:
    """When so many minutes are over, for `gathered`."""
    return time.monotonic() + 60 * minutes
