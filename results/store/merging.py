"""Stores into one: every run once, and nothing of a run without the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradparity.results.records.damage import Damage
from gradparity.results.records.errors import StoreDamaged
from gradparity.results.records.record import Run
from gradparity.results.store import rows
from gradparity.results.store.owners import Owner
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
        owner = _at_work(other, run.id)
        if owner is not None:
            found.refused[run.id] = f"it is at work: {owner.line()}"
            continue
        records = other.belonging(run.id)
        if run.id not in there:
            store.put(run, records)
            found.added.append(run.id)
        elif differs := _differences(store, there[run.id], run, records):
            found.refused[run.id] = f"{store.where} has another run of this id: {differs}"
        else:
            found.known.append(run.id)
    return found


def _at_work(other: Store, run_id: str) -> Owner | None:
    """Who is at work on a run, if that can be read."""
    try:
        return other.owner(run_id)
    except StoreDamaged as error:
        other.damage.append(Damage(run_id, "", f"whether a process is at work: {error.found}"))
        return None


def _differences(store: Store, mine: Run, run: Run, records: Sequence[rows.Belonging]) -> str:
    """What of a run is not the same in both stores; "" if all is."""
    told = []
    if rows.run_row(mine) != rows.run_row(run):
        told.append("its record differs")
    mine_by, its_by = _seals(store.belonging(run.id)), _seals(records)
    for kind in dict.fromkeys([*mine_by, *its_by]):
        here, there = mine_by.get(kind, set()), its_by.get(kind, set())
        if here != there:
            both = here & there
            told.append(f"{len(here)} {kind} there, {len(there)} in the other, {len(both)} alike")
    return "; ".join(told)


def _seals(records: Sequence[rows.Belonging]) -> dict[str, set[tuple[str, int]]]:
    """Identity and checksum of each, by the name of its table."""
    found: dict[str, set[tuple[str, int]]] = {}
    for table, row in (rows.row_of("", one) for one in records):
        found.setdefault(table.name, set()).add((row["identity"], row["checksum"]))
    return found
