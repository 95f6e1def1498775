"""The record of what a run was made on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """What two measurements must share to be of the same thing on the same machine.

    cpu: the processor's name. python: its version. What was not told is "" or None, here and below.
    boot: of the machine, which changes when it is started again.
    versions: of libraries, by name; None of those that are not installed.
    source: a digest of gradparity's own code. files: a digest of each of the users' files that take
        part, and of their own modules that these import, by path.
    """

    cpu: str = ""
    boot: str | None = None
    versions: dict[str, str | None] = field(default_factory=dict)
    python: str = ""
    source: str | None = None
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Environment(Identity):
    """What a run was made on.

    cores: how many the machine has. affinity: the numbers of those that were allowed, timing_cores
        of those that were timed on. memory_gib: of the machine. load: processes that wanted to run,
        over 1, 5 and 15 minutes.
    blas: the judge's thread pools of BLAS. pools: those of each worker, by its name; of each
        "internal_api", "version", "num_threads" and more, as threadpoolctl names them.
    os: its name and version. commit: of gradparity's own tree; dirty: whether that was changed.
    date: UTC, ISO 8601.
    """

    cores: int | None = None
    affinity: tuple[int, ...] = ()
    timing_cores: tuple[int, ...] = ()
    memory_gib: float | None = None
    load: tuple[float, ...] = ()
    blas: tuple[dict[str, Any], ...] = ()
    pools: dict[str, Any] = field(default_factory=dict)
    os: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    date: str | None = None

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Environment:
        """Return the record that was stored as JSON; what it lacks is not told."""
        known = {one.name: stored[one.name] for one in fields(cls) if one.name in stored}
        lists: dict[str, Any] = {k: tuple(v) for k, v in known.items() if isinstance(v, list)}
        return cls(**known | lists)
