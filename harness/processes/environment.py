"""The machine and the versions: what two measurements must share to be compared."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import gradparity
from gradparity.harness.processes.imports import imported_files
from gradparity.problems.errors import InputError
from gradparity.results.records.environment import Identity

LIBRARIES = ("gradparity", "numpy", "scipy", "jax", "jaxlib", "torch", "array-api-compat")
PACKAGE = Path(gradparity.__file__).parent


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def installed(distribution: str) -> str | None:
    """The installed version of a distribution, or None; imports nothing."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def allowed_cores() -> tuple[int, ...]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


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


def cpu_model(root: Path = Path("/")) -> str | None:
    """The processor's name, as the kernel gives it; None where it gives none."""
    cpuinfo = root / "proc/cpuinfo"
    for line in cpuinfo.read_text().splitlines() if cpuinfo.is_file() else ():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return None


def identity(files: Iterable[str]) -> Identity:
    """What this machine is, and the code that measures on it, with the users' `files`."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return Identity(
        cpu=cpu_model() or platform.processor() or platform.machine(),
        boot=boot.read_text().strip() if boot.is_file() else None,
        versions={name: installed(name) for name in LIBRARIES},
        python=platform.python_version(),
        source=_source(),
        files=_digests(files),
    )


def _source() -> str:
    digest = hashlib.sha256()
    rooms = ("problems", "backends", "results", "harness")
    for path in sorted(path for room in rooms for path in (PACKAGE / room).rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


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
