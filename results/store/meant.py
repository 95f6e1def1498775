"""Which of the stored runs a person means by an id, or by how it begins."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from gradparity.results.records.damage import Damage
from gradparity.results.records.errors import StoreError
from gradparity.results.records.record import Run


def meant(wanted: str, runs: Sequence[Run], damage: Sequence[Damage], where: str) -> Run:
    """Return the run with the id `wanted`, or with an id that starts so.

    damage: of runs that cannot be read. where: the store, for a message.
    Raises: StoreError for an unknown id, one that several ids start with, or a damaged run's.
    """
    if exact := [run for run in runs if run.id == wanted]:
        return exact[0]
    starts = [run for run in runs if run.id.startswith(wanted)]
    broken = [one for one in damage if one.run.startswith(wanted)]
    if len(starts) == 1 and not broken:
        return starts[0]
    if len(broken) == 1 and not starts:
        raise StoreError(f"{where}: {broken[0].line()}")
    if starts or broken:
        ids = [*(run.id for run in starts), *(one.run for one in broken)]
        raise StoreError(f"several runs start with {wanted!r}: {_listed(ids)}")
    known = [run.id for run in runs]
    inside = [name for name in known if wanted in name]
    near = inside or difflib.get_close_matches(wanted, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ";"
    raise StoreError(f"{where} has no run {wanted!r}{hint} known: {_listed(known)}")


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - 8} more" if len(ids) > 8 else ""
    return ", ".join(ids[:8]) + more
