"""The machine and the versions: what two measurements must share to be compared."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import gradparity
from gradparity.harness.processes.host import allowed_cores as allowed_cores
from gradparity.harness.processes.host import boot, cpu, source_digest
from gradparity.harness.processes.host import cpu_model as cpu_model
from gradparity.harness.processes.host import installed as installed
from gradparity.harness.processes.imports import imported_files
from gradparity.problems.errors import InputError
from gradparity.results.records.environment import Identity

LIBRARIES = ("gradparity", "numpy", "scipy", "jax", "jaxlib", "torch", "array-api-compat")
PACKAGE = Path(gradparity.__file__).parent


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def timing_cores(count: int) -> tuple[int, ...]:
    """So many cores to time on: the last allowed; the first serve interrupts and the parent."""
    return allowed_cores()[-count:]


def groups_near(cores: tuple[int, ...], sysfs: Path = Path("/sys")) -> list[tuple[int, ...]]:
    """Disjoint groups of as many allowed cores as `cores`, which come first, near its memory.

    Where the system does not tell which cores are near the same memory, all are taken to be.
    """
    near = set(allowed_cores())
    for node in (sysfs / "devices/system/node").glob("node[0-9]*/cpulist"):
        listed = _listed_cores(node.read_text())
        if cores[0] in listed:
            near &= listed
    others = sorted(near - set(cores))
    size = len(cores)
    return [cores, *(tuple(others[i : i + size]) for i in range(0, len(others) - size + 1, size))]


def _listed_cores(text: str) -> set[int]:
    """The kernel's "0-3,8" in full."""
    found: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first:
            found |= set(range(int(first), int(last or first) + 1))
    return found


def identity(files: Iterable[str]) -> Identity:
    """What this machine is, and the code that measures on it, with the users' `files`."""
    return Identity(
        cpu=cpu(),
        boot=boot(),
        versions={name: installed(name) for name in LIBRARIES},
        python=platform.python_version(),
        source=source_digest(PACKAGE),
        files=_digests(files),
    )


def _digests(files: Iterable[str]) -> dict[str, str]:
    """A digest of each file and of what it imports of the user's own, by its path for a person."""
    found = {}
    for file in sorted(files):
        own, *others = imported_files(file)
        beside = {
            os.path.join(os.path.dirname(file), os.path.relpath(p, own.parent)): p for p in others
        }
        for shown, path in ({file: own} | beside).items():
            try:
                found[shown] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise InputError(f"{shown}: {error.strerror}") from error
    return found
