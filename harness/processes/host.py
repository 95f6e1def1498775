"""What a host is, and what code is on it. The standard library alone: it is sent out as source.

So a host of a cluster answers that has another gradparity, or none (`harness/cluster/hosts.py`).
"""

from __future__ import annotations

import hashlib
import os
import platform
import socket
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOMS = ("problems", "backends", "results", "harness")


def installed(distribution: str) -> str | None:
    """The installed version of a distribution, or None; imports nothing."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def cpu_model(root: Path = Path("/")) -> str | None:
    """The processor's name, as the kernel gives it; None where it gives none."""
    cpuinfo = root / "proc/cpuinfo"
    for line in cpuinfo.read_text().splitlines() if cpuinfo.is_file() else ():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return None


def cpu() -> str:
    """The processor's name, or at least its kind."""
    return cpu_model() or platform.processor() or platform.machine()


def boot() -> str | None:
    """What changes when the machine is started again; None where the system does not tell."""
    told = Path("/proc/sys/kernel/random/boot_id")
    return told.read_text().strip() if told.is_file() else None


def source_digest(package: Path) -> str:
    """SHA-256 of gradparity's own code in the folder of its package."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (package / room).rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def allowed_cores() -> tuple[int, ...]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def machine_name() -> str:
    """What a row is marked with: "node17 (AMD EPYC 7B13)"."""
    return f"{socket.gethostname()} ({cpu()})"


def host_facts(libraries: Iterable[str]) -> dict[str, Any]:
    """What this host is: the fields of `cluster.hosts.Host`, in JSON's types.

    libraries: whose versions are asked for.
    """
    found = find_spec("gradparity")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    return {
        "name": socket.gethostname(),
        "cpu": cpu(),
        "boot": boot(),
        "cores": len(allowed_cores()),
        "python": platform.python_version(),
        "versions": {name: installed(name) for name in libraries},
        "source": source_digest(Path(places[0])) if places else None,
    }
