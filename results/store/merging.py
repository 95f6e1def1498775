"""Stores into one: every run once, and nothing of a run without the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Cell, Run
from gradparity.results.store import rows
from gradparity.results.store.store import Store


@dataclass(slots=True)
class Merged:
    """What became of another store's runs: the ids of those added, and of those there before.

    refused: id -> why it was not added.
    """

    added: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def merge(store: Store, other: Store) -> Merged:
    """Add to `store` the runs of `other`, each in one transaction.

    A run that is there with the same content stays as it is. One of the same id and another content
    is refused, as is one at which a process is at work. What is damaged in `other` is left out, and
    told by `other.damage`.
    """
    found = Merged()
    there = {run.id: run for run in store.runs()}
    for run in reversed(other.runs()):
        owner = other.owner(run.id)
        if owner is not None:
            found.refused[run.id] = f"it is at work: {owner.line()}"
            continue
        cells, descents = other.cells(run.id), other.descents(run.id)
        if run.id not in there:
            store.put(run, cells, descents)
            found.added.append(run.id)
        elif differs := _differences(store, there[run.id], run, cells, descents):
            found.refused[run.id] = f"{store.where} has another run of this id: {differs}"
        else:
            found.known.append(run.id)
    return found


def _differences(
    store: Store, mine: Run, run: Run, cells: list[Cell], descents: list[Descent]
) -> str:
    """What of a run is not the same in both stores; "" if all is."""
    told = []
    if rows.run_row(mine) != rows.run_row(run):
        told.append("its record differs")
    for kind, here, there in (
        ("cells", _seals(store.cells(run.id)), _seals(cells)),
        ("descents", _seals(store.descents(run.id)), _seals(descents)),
    ):
        if here != there:
            both = here & there
            told.append(f"{len(here)} {kind} there, {len(there)} in the other, {len(both)} alike")
    return "; ".join(told)


def _seals(records: list[Cell] | list[Descent]) -> set[tuple[str, int]]:
    """Identity and checksum of each."""
    made = (
        rows.cell_row("", one) if isinstance(one, Cell) else rows.descent_row("", one)
        for one in records
    )
    return {(row["identity"], row["checksum"]) for row in made}
