"""The verbs that look after stores: `store check`, `merge`, `migrate`... Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.console import say
from gradparity.harness.terminal.options import Store
from gradparity.harness.terminal.verb import add

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

store_app = typer.Typer(
    no_args_is_help=True, help="Look after stored results: check, vacuum, merge, copy, migrate."
)


def register(app: typer.Typer, question: str) -> None:
    """Add the verbs to the command line, in the panel of their question."""
    add(store_app, check, "gradparity store check", "gradparity store check --store team.db")
    add(store_app, vacuum, "gradparity store vacuum", "gradparity store vacuum --store team.db")
    add(
        store_app,
        merge,
        "gradparity store merge other.db",
        "gradparity store merge damaged.db --store rescued.db",
    )
    add(
        store_app,
        migrate,
        "gradparity store migrate --store postgresql+psycopg://team@db/gradparity",
        "gradparity store migrate --store old.db",
    )
    add(
        store_app,
        copy,
        "gradparity store copy mine.db postgresql+psycopg://team@db/gradparity",
        "gradparity store copy postgresql+psycopg://team@db/gradparity backup.db",
    )
    app.add_typer(store_app, name="store", rich_help_panel=question)


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


def vacuum(store: Store = None) -> None:
    """Give the room of what was deleted back to the disk: a SQLite file is written anew.

    All or nothing. It needs, for a moment, as much room again as the file has.
    """
    from gradparity.problems import InputError
    from gradparity.results.store import sqlite_file
    from gradparity.results.store.compacting import compact
    from gradparity.results.store.faults import COMPLAINTS, explained
    from gradparity.results.store.place import place
    from gradparity.results.store.store import DEFAULT

    path = place(store or DEFAULT)
    if not isinstance(path, Path):
        raise InputError("vacuum is for SQLite files; a database server compacts by itself")
    if not path.exists():
        raise InputError(f"there is no store at {path}; `gradparity run` makes one")
    try:
        engine = sqlite_file.open_file(path, read_only=False)
    except COMPLAINTS as error:
        raise explained(error, str(path)) from error
    try:
        before, after = compact(path, engine)
    finally:
        engine.dispose()
    say(f"{path}: {before:,} bytes before, {after:,} after")


def migrate(store: Store = None) -> None:
    """Bring a store of an earlier gradparity to the version of this one.

    A server's tables are altered in one transaction; whoever uses the earlier gradparity cannot
    write there any more, so that nobody does it in passing. Of a SQLite file a new one is made,
    and the old one stays beside it; that is also done by whatever opens it.
    """
    from gradparity.problems import InputError
    from gradparity.results.store import sqlite_file
    from gradparity.results.store.migration import migrate as migrated
    from gradparity.results.store.place import place
    from gradparity.results.store.schema import VERSION
    from gradparity.results.store.store import DEFAULT, open_store

    where = place(store or DEFAULT)
    if isinstance(where, Path):
        if not where.exists():
            raise InputError(f"there is no store at {where}; `gradparity run` makes one")
        before = sqlite_file.version_of(where)
        open_store(where).close()  # says what it has converted
        if before == VERSION:
            say(f"{where} is of store version {VERSION} already")
        return
    shown = where.render_as_string()
    before = migrated(where, shown)
    if before == VERSION:
        say(f"{shown} is of store version {VERSION} already")
    else:
        say(f"{shown}: store version {before} before, {VERSION} now")


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


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The store to read.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The store that gets its runs.")],
) -> None:
    """Copy a store into another, a file into a server or back. Exit code 2: not all of it.

    Runs come whole, each in one transaction; those that are there already stay, so that a copy
    that was interrupted goes on. In the end both are read again, and counted and hashed.
    """
    from gradparity.harness.terminal.stored import tell_damage
    from gradparity.problems import InputError
    from gradparity.results.records.statuses import ExitCode
    from gradparity.results.store.copying import copy as copied
    from gradparity.results.store.place import place
    from gradparity.results.store.store import open_store

    if _resolved(place(source)) == _resolved(place(target)):
        raise InputError(f"{source} is to be copied into itself; name two stores")
    with open_store(source, read_only=True) as one, open_store(target) as other:
        merged, found = copied(one, other)
        for run_id, why in merged.refused.items():
            say(f"run {run_id} of {one.where} is refused: {why}", stderr=True)
        say(f"{len(merged.added):,} copied, {len(merged.known):,} there before")
        both = f"{_count(found.runs, 'run')} with {_count(found.rows, 'row')}"
        say(f"{one.where} and {other.where} have the same {both}, SHA-256 {found.digest}")
        left_out = tell_damage(one) or bool(merged.refused)
    if left_out:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _resolved(where: Path | URL) -> Path | URL:
    return where.resolve() if isinstance(where, Path) else where


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
