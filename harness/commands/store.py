"""The verbs `store check`, `store vacuum` and `store merge`. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.console import say
from gradparity.harness.terminal.options import Store

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

store_app = typer.Typer(
    no_args_is_help=True, help="Look after stored results: check, vacuum and merge their files."
)


def register(app: typer.Typer) -> None:
    """Add the three verbs to the command line."""
    app.add_typer(store_app, name="store")


@store_app.command()
def check(store: Store = None) -> None:
    """List everything that is wrong with a store. Exit code 2: something is.

    Reads the whole file: its pages and indexes, every row against its checksum, every figure that
    was derived from samples against the samples. Changes nothing.
    """
    from gradparity.results.records.statuses import ExitCode
    from gradparity.results.store.checking import examine
    from gradparity.results.store.store import open_store

    with open_store(store, read_only=True) as opened:
        runs, rows, damage = examine(opened)
        for one in damage:
            say(one.line())
        right = f"{_count(runs, 'run')} with {_count(rows, 'row')} as they were stored"
        if not damage:
            say(f"{opened.where}: {right}; nothing is wrong")
            return
        say(f"{opened.where}: {right}; {_count(len(damage), 'fault')}")
        say(f"next       gradparity store merge {opened.where} --store NEW_FILE")
    raise typer.Exit(ExitCode.BAD_INPUT)


@store_app.command()
def vacuum(store: Store = None) -> None:
    """Give the room of what was deleted back to the disk: a SQLite file is written anew.

    All or nothing. It needs, for a moment, as much room again as the file has.
    """
    from gradparity.problems import InputError
    from gradparity.results.store import sqlite_file
    from gradparity.results.store.place import place
    from gradparity.results.store.store import DEFAULT

    path = place(store or DEFAULT)
    if not isinstance(path, Path):
        raise InputError("vacuum is for SQLite files; a database server compacts by itself")
    if not path.exists():
        raise InputError(f"there is no store at {path}; `gradparity run` makes one")
    engine = sqlite_file.open_file(path, read_only=False)
    try:
        before, after = sqlite_file.compact(path, engine)
    finally:
        engine.dispose()
    say(f"{path}: {before:,} bytes before, {after:,} after")


@store_app.command()
def merge(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Stores to read.")],
    store: Store = None,
) -> None:
    """Add the runs of other stores to this one. Exit code 2: not all of them.

    A run that is in several with the same content is stored once; one id with two contents is
    named, and what is here stays. Each run comes whole, in one transaction, or not at all; what is
    damaged is named and left out, so that merging into a new file rescues the rest of a damaged
    one. FILE is only read.
    """
    from gradparity.harness.terminal.stored import tell_damage
    from gradparity.problems import InputError
    from gradparity.results.records.statuses import ExitCode
    from gradparity.results.store.merging import merge as merged
    from gradparity.results.store.place import place
    from gradparity.results.store.store import DEFAULT, open_store

    into = _resolved(place(store or DEFAULT))
    for file in files:
        if _resolved(place(file)) == into:
            raise InputError(f"{file} is the store that the others are merged into; leave it out")
        open_store(file, read_only=True).close()  # before anything is changed
    left_out = False
    with open_store(store) as opened:
        for file in files:
            with open_store(file, read_only=True) as other:
                found = merged(opened, other)
                counts = f"{_count(len(found.added), 'run')} added, {len(found.known)} known"
                say(f"{other.where}: {counts}, {len(found.refused)} refused")
                for run_id, why in found.refused.items():
                    say(f"run {run_id} of {other.where} is refused: {why}", stderr=True)
                left_out |= tell_damage(other) or bool(found.refused)
    if left_out:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _resolved(where: Path | URL) -> Path | URL:
    return where.resolve() if isinstance(where, Path) else where


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
