"""What a run was made on: the part of its record that makes it comparable, or not."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import gradparity
from gradparity.harness.messages.requests import Pool
from gradparity.harness.processes.limits import GIB

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


def identity(files: Iterable[str]) -> dict[str, Any]:
    """What two measurements must share to be of the same thing on the same machine.

    source: a digest of gradparity's own code and of the users' files. boot: of the machine, which
    changes when it is started again.
    """
    boot = Path("/proc/sys/kernel/random/boot_id")
    return {
        "cpu": cpu_model() or platform.processor() or platform.machine(),
        "boot": boot.read_text().strip() if boot.is_file() else None,
        "versions": {name: installed(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "source": _source(files),
    }


def _source(files: Iterable[str]) -> str:
    digest = hashlib.sha256()
    rooms = ("problems", "backends", "results", "harness")
    own = sorted(path for room in rooms for path in (PACKAGE / room).rglob("*.py"))
    for path in [*own, *(Path(file) for file in sorted(files))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def describe(
    cores: tuple[int, ...], pools: Mapping[str, tuple[Pool, ...]], files: Iterable[str] = ()
) -> dict[str, Any]:
    """CPU model, cores, affinity, memory, load, BLAS, versions, Python, OS, commit, date.

    cores: those that are timed on. pools: the thread pools that each worker found in itself; the
    judge's are NumPy's. files: the users' files, whose content belongs to the run's identity.
    """
    import psutil

    commit, dirty = _commit()
    return {
        **identity(files),
        "cores": os.cpu_count(),
        "affinity": list(allowed_cores()),
        "timing_cores": list(cores),
        "memory_gib": round(psutil.virtual_memory().total / GIB, 1),
        "load": [round(load, 2) for load in os.getloadavg()],
        "blas": [asdict(pool) for pool in pools.get("judge", ()) if pool.user_api == "blas"],
        "pools": {name: [asdict(pool) for pool in found] for name, found in pools.items()},
        "os": platform.platform(),
        "commit": commit,
        "dirty": dirty,
        "date": now(),
    }


def cpu_model(root: Path = Path("/")) -> str | None:
    """The processor's name, as the kernel gives it; None where it gives none."""
    cpuinfo = root / "proc/cpuinfo"
    for line in cpuinfo.read_text().splitlines() if cpuinfo.is_file() else ():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return None


def _commit() -> tuple[str | None, bool | None]:
    """The commit of gradparity's own tree and whether it has uncommitted changes."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit, bool(_git("status", "--porcelain"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()
