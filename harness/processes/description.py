"""What a run was made on, for its record."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict

from gradparity.harness.messages.timed import Pool
from gradparity.harness.processes.environment import PACKAGE, allowed_cores, identity, now
from gradparity.harness.processes.git import GitError, dirty, git
from gradparity.harness.processes.limits import GIB
from gradparity.problems import InputError
from gradparity.results.records.environment import Environment


def describe(
    cores: tuple[int, ...], pools: Mapping[str, tuple[Pool, ...]], files: Iterable[str] = ()
) -> Environment:
    """What a run of now is made on.

    cores: those that are timed on. pools: the thread pools that each worker found in itself; the
    judge's are NumPy's. files: the users' files, whose content belongs to the run's identity.
    """
    import psutil

    commit, dirty = _commit()
    return Environment(
        **asdict(identity(files)),
        cores=os.cpu_count(),
        affinity=tuple(allowed_cores()),
        timing_cores=cores,
        memory_gib=round(psutil.virtual_memory().total / GIB, 1),
        load=tuple(round(load, 2) for load in os.getloadavg()),
        blas=tuple(asdict(pool) for pool in pools.get("judge", ()) if pool.user_api == "blas"),
        pools={name: [asdict(pool) for pool in found] for name, found in pools.items()},
        os=platform.platform(),
        commit=commit,
        dirty=dirty,
        date=now(),
    )


def _commit() -> tuple[str | None, bool | None]:
    """The commit of gradparity's own tree and whether it has uncommitted changes."""
    with suppress(GitError, InputError):
        return git(PACKAGE, "rev-parse", "HEAD"), dirty(PACKAGE)
    return None, None
