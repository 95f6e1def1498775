"""A real Dask scheduler and workers, in processes of their own on the loopback address."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import PATIENCE_S

LOOPBACK = "127.0.0.1"


@dataclass
class DaskProcesses:
    """folder: of their files. address: of the scheduler. workers: processes, without a nanny."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self, resources: str = "machine=1", **environment: str) -> None:
        """Start one more; it may take a while to join."""
        home = self.folder / "elsewhere"
        home.mkdir(exist_ok=True)
        more = ["--resources", resources] if resources else []
        with open(self.folder / f"worker-{len(self.workers)}.log", "wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "dask", "worker", self.address, "--no-nanny",
                 "--host", LOOPBACK, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0",
                 "--death-timeout", "600", "--local-directory", str(self.folder), *more],
                cwd=home, env={**os.environ, **environment}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.workers.append(worker)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9, and wait."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)


@contextmanager
def dask_processes(folder: Path, workers: int = 2, **environment: str) -> Iterator[DaskProcesses]:
    """A scheduler with workers that have joined."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    with open(folder / "scheduler.log", "wb") as log:
        scheduler = subprocess.Popen(
            [sys.executable, "-m", "dask", "scheduler", "--host", LOOPBACK,
             "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
            cwd=folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    found = DaskProcesses(folder, scheduler, "")
    try:
        until = time.monotonic() + PATIENCE_S
        while not found.address:
            assert time.monotonic() < until, "no scheduler"
            assert scheduler.poll() is None, "no scheduler"
            with suppress(OSError, ValueError, KeyError):
                found.address = json.loads(file.read_text())["address"]
            time.sleep(0.05)
        for _ in range(workers):
            found.add_worker(**environment)
        wait_for_workers(found, workers)
        yield found
    finally:
        for process in (*found.workers, scheduler):
            kill(process)


def wait_for_workers(found: DaskProcesses, count: int) -> None:
    """Wait until so many have joined."""
    from distributed import Client

    with Client(found.address, timeout=PATIENCE_S, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=PATIENCE_S)
