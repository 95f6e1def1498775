"""Stored runs by kind: what only a run of times has, what only training has, what both have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

from gradparity.harness.terminal.console import say
from gradparity.problems import InputError
from gradparity.results.records.record import Cell, Run

if TYPE_CHECKING:
    from gradparity.results.store.store import Store

Options = TypeVar("Options")
Plan = TypeVar("Plan")
Earlier = TypeVar("Earlier")


TOLD = 20
"""So many faults are told at most."""


@contextmanager
def reading(where: str | None) -> Iterator[Store]:
    """A store to show something of; what of it cannot be shown is told afterwards.

    Raises typer.Exit with the code of bad input where something was left out.
    """
    import typer

    from gradparity.results.records.statuses import ExitCode
    from gradparity.results.store.store import open_store

    with open_store(where, read_only=True) as store:
        yield store
        if tell_damage(store):
            raise typer.Exit(ExitCode.BAD_INPUT)


def tell_damage(store: Store) -> bool:
    """Say on standard error what reading a store has left out; whether there was anything."""
    found = [one.line() for one in store.damage]
    for line in found[:TOLD]:
        say(f"gradparity: {line}; it is left out", stderr=True)
    if len(found) > TOLD:
        more = len(found) - TOLD
        say(f"gradparity: and {more} more; gradparity store check lists them", stderr=True)
    return bool(found)


def timed(store: Store, run_id: str | None, verb: str) -> tuple[Run, list[Cell]]:
    """A run of times with its cells; which one, and what is raised: see `of_times`."""
    run = of_times(store, run_id, verb)
    return run, store.cells(run.id)


def of_times(store: Store, run_id: str | None, verb: str) -> Run:
    """A run of times; which one: see `Store.find`.

    Raises InputError for one of another kind, of which `verb` has nothing to say; StoreError as
    `find` does.
    """
    run = store.find(run_id)
    if run.kind != "bench":
        kind, what = {"train": ("training", "its descents")}.get(run.kind, (run.kind, "it"))
        raise InputError(
            f"run {run.id} is {kind}, and {verb} is for times; {what}: gradparity show {run.id}"
        )
    return run


def chosen(run: Run, kind: type[Options]) -> Options:
    """The options that a stored run was planned with. Raises InputError if it does not say."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    given = {name: value for name, value in run.options.items() if name in known}
    if "targets" not in run.options or known - set(given):
        raise InputError(f"run {run.id} does not say how it was planned; start a new one")
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return kind(**given | lists)


@contextmanager
def taken_up(
    run_id: str,
    targets: Sequence[str] | None,
    store: str | None,
    resume: Callable[[Store, str], tuple[Plan, Earlier | None, str]],
) -> Iterator[tuple[Plan, Store, Earlier | None]]:
    """What is left of an interrupted run of either kind, the open store, and what of it stays.

    targets: which the user named beside it. resume: says it all, and a remark for the user or "".
    Raises InputError for targets, and what `resume` raises.
    """
    from gradparity.results.store.store import open_store

    if targets:
        raise InputError(f"--resume {run_id} finishes what that run was told; name no targets")
    with open_store(store) as opened:
        plan, earlier, remark = resume(opened, run_id)
        tell_damage(opened)
        if remark:
            say(remark, stderr=True)
        yield plan, opened, earlier
