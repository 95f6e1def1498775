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


def timed(store: Store, run_id: str | None, verb: str) -> tuple[Run, list[Cell]]:
    """A run of times with its cells; which one: see `Store.find`.

    Raises InputError for training, of which `verb` has nothing to say; StoreError as `find` does.
    """
    run = store.find(run_id)
    if run.kind == "train":
        raise InputError(
            f"run {run.id} is training, and {verb} is for times; "
            f"its descents: gradparity show {run.id}"
        )
    return store.load(run.id)


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
        if remark:
            say(remark, stderr=True)
        yield plan, opened, earlier
