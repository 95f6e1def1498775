"""The processor: model, cores, clock speed, and what the system lets this process have of it.

Every function takes `root`, the folder in which /proc and /sys are.
"""

from __future__ import annotations

import os
from pathlib import Path

from gradparity.harness.doctor.observation import GOOD, Observation, judged, text, unknown
from gradparity.harness.processes.environment import allowed_cores, cpu_model

CPUS = "sys/devices/system/cpu"


def observations(root: Path = Path("/")) -> list[Observation]:
    """Return what is known of the processor."""
    return [model(root), cores(), governor(root), turbo(root), limit(root), load()]


def model(root: Path) -> Observation:
    """Return the CPU's name."""
    found = cpu_model(root)
    if found is not None:
        return Observation("CPU", found, GOOD, "", {"cpu": found})
    return unknown("CPU", "/proc/cpuinfo names none")


def cores() -> Observation:
    """Return how many cores there are, and which this process may use."""
    allowed, there = allowed_cores(), os.cpu_count() or 1
    listed = ", ".join(map(str, allowed[:8])) + (", ..." if len(allowed) > 8 else "")
    return judged(
        "cores",
        f"{there}; this process may use {len(allowed)} ({listed})",
        len(allowed) > 1,
        "with one core the harness shares it with what it times: allow two, e.g. "
        "taskset -c 0,1 gradparity run",
        cores=there,
        affinity=list(allowed),
    )


def governor(root: Path) -> Observation:
    """Return how the system chooses the clock speed."""
    files = sorted((root / CPUS).glob("cpu[0-9]*/cpufreq/scaling_governor"))
    names = sorted({name for file in files if (name := text(file))})
    if not names:
        return unknown("frequency governor", "not readable, as in most virtual machines")
    return judged(
        "frequency governor",
        " ".join(names),
        names == ["performance"],
        "sudo cpupower frequency-set --governor performance",
        governors=names,
    )


def turbo(root: Path) -> Observation:
    """Return whether the clock may go beyond what it can keep up."""
    for path, on in (("intel_pstate/no_turbo", "0"), ("cpufreq/boost", "1")):
        found = text(root / CPUS / path)
        if found is None:
            continue
        off = "1" if on == "0" else "0"
        return judged(
            "turbo",
            "on" if found == on else "off",
            found != on,
            f"speed falls when the CPU is warm: echo {off} | sudo tee /{CPUS}/{path}",
            turbo=found == on,
        )
    return unknown("turbo", "not readable, as in most virtual machines")


def limit(root: Path) -> Observation:
    """Return how many cores' worth of time the control groups of this process allow."""
    membership = text(root / "proc/self/cgroup")
    if membership is None:
        return unknown("CPU limit", "no /proc/self/cgroup")
    quotas = [quota for folder in _groups(root, membership) if (quota := _quota(folder))]
    if not quotas:
        return Observation("CPU limit", "none", GOOD, "", {"limit_cores": None})
    least, allowed = min(quotas), len(allowed_cores())
    return judged(
        "CPU limit",
        f"{least:.3g} cores' worth of time",
        least >= allowed,
        f"below {allowed} cores a process is stopped for parts of every 100 ms: raise the limit "
        f"(docker run --cpus {allowed}; in Kubernetes limits.cpu) or use fewer cores (taskset)",
        limit_cores=least,
    )


def _groups(root: Path, membership: str) -> list[Path]:
    """Return the folders of this process's groups and of all groups above them."""
    found = []
    for row in membership.splitlines():
        _, _, rest = row.partition(":")
        controllers, _, name = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        # In a container the path may be that of the host: the top then is the group itself.
        for top in (root / "sys/fs/cgroup" / controllers, root / "sys/fs/cgroup/cpu"):
            group = top / name.strip("/")
            above = [parent for parent in group.parents if parent.is_relative_to(top)]
            found += [group, *above]
    return list(dict.fromkeys(found))


def _quota(folder: Path) -> float | None:
    """Return a group's own limit in cores; None without one."""
    words = (text(folder / "cpu.max") or "").split()
    if not words:  # version 1 of control groups
        quota, period = (text(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        words = [quota or "max", period or "0"]
    try:
        cores = float(words[0]) / float(words[1])
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return cores if cores > 0 else None


def load() -> Observation:
    """Return how many processes wanted a core in the last minute."""
    try:
        minute = os.getloadavg()[0]
    except (AttributeError, OSError):
        return unknown("load", "the system does not tell")
    there = os.cpu_count() or 1
    return judged(
        "load",
        f"{minute:.2f} over the last minute, on {there} cores",
        minute <= there / 2,
        "something else is running: close it (see top), or measure when it is done",
        load=minute,
    )
