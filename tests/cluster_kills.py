"""A run on a cluster of which something is killed, and what is left of it afterwards.

What is killed: a worker, the scheduler, or the parent, the command itself. Afterwards the run goes
on with `--resume`, on a new cluster where the old one is gone, until all is done.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from gradparity.results.store.rows import identity
from gradparity.results.store.store import StoreError, open_store
from tests.dask_cluster import DaskProcesses, dask_processes, kill

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()"]

SEEDS = 12
WORKER, SCHEDULER, PARENT = "worker", "scheduler", "parent"


@dataclass(frozen=True)
class Aftermath:
    """What one kill has come to.

    seconds: how long after a descent was stored. before: descents stored then, after: when all was
    done. twice: of them, stored twice. redone: of those before, lost or made again. left: processes
    of ours that outlive it all. told: the last line of the command that it ended.
    """

    victim: str
    seconds: float
    before: int
    after: int
    twice: int
    redone: int
    left: int
    told: str

    @property
    def good(self) -> bool:
        """Whether nothing was lost, made twice or left, and all was done in the end."""
        return (self.after, self.twice, self.redone, self.left) == (SEEDS, 0, 0, 0)


def killed(victim: str, folder: Path, rng: random.Random) -> Aftermath:
    """Race, kill at a random moment after the first descent is stored, resume until all is done."""
    return killed_in_turn([victim], folder, rng)[-1]


def killed_in_turn(victims: Sequence[str], folder: Path, rng: random.Random) -> list[Aftermath]:
    """The same run killed again and again; what each kill has come to, when all is done.

    A worker's death ends no run; the others' do, and it is resumed, on a new cluster if need be.
    """
    folder.mkdir(exist_ok=True)
    store = folder / "store.db"
    kills = []
    with ExitStack() as owned:
        owned.enter_context(marked(folder))
        cluster = owned.enter_context(dask_processes(folder))
        running, worked = command(cluster, folder, None), False
        for victim in victims:
            kept = until_more(store, running)
            worked = worked or bool(workers_of(folder))
            wait = rng.uniform(0.0, 1.0)
            time.sleep(wait)
            kill(
                {WORKER: cluster.workers[0], SCHEDULER: cluster.scheduler, PARENT: running}[victim]
            )
            told = ""
            if victim != WORKER:
                told = running.communicate(timeout=120)[1].decode()
                kept = stored(store)
                if victim == SCHEDULER:
                    cluster = owned.enter_context(dask_processes(folder))
                running = command(cluster, folder, run_of(store))
            kills.append((victim, wait, kept, told))
        error = running.communicate(timeout=180)[1].decode()
        assert running.returncode == 0, error
    after = stored(store)
    assert worked, "no worker was ever seen, so that none could be seen to be left"
    left = len(outliving(folder))
    return [
        Aftermath(
            victim=victim,
            seconds=wait,
            before=len(kept),
            after=len({its for its, _ in after}),
            twice=len(after) - len({its for its, _ in after}),
            redone=len(set(kept) - set(after)),
            left=left,
            told=told.strip().splitlines()[-1] if told.strip() else "",
        )
        for victim, wait, kept, told in kills
    ]


def command(cluster: DaskProcesses, folder: Path, resumed: str | None) -> subprocess.Popen[bytes]:
    """The command at work: a race of descents that take about a second, or the rest of one."""
    race = [
        "rosenbrock",
        "--optimizer",
        "gd",
        "--lr",
        "1e-5",
        "--seeds",
        str(SEEDS),
        "--steps",
        "20000",
    ]
    asked = ["--resume", resumed] if resumed else race
    where = ["--cluster", cluster.address, "--store", "store.db"]
    return subprocess.Popen(
        [*COMMAND, "train", *asked, *where], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip


def run_of(store: Path) -> str:
    """The id of the one run in the store."""
    with open_store(str(store), read_only=True) as opened:
        (run,) = opened.runs()
    return run.id


def stored(store: Path) -> list[tuple[str, bytes]]:
    """Identity and losses, as bytes, of every descent that is stored."""
    descents = []
    with suppress(StoreError), open_store(str(store), read_only=True) as opened:  # not there yet
        for run in opened.runs():
            descents += opened.descents(run.id)
    return [(identity(one), one.history.losses.tobytes()) for one in descents]


def until_more(store: Path, process: subprocess.Popen[bytes]) -> list[tuple[str, bytes]]:
    """What is stored once the process has stored one more."""
    before, until = len(stored(store)), time.monotonic() + 300
    while len(found := stored(store)) == before:
        assert time.monotonic() < until, "nothing more was stored"
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.05)
    return found


MARK = "CLUSTER_KILLS_IN"
"""In the environment of all that a run starts: its folder. What runs beside it has another."""


@contextmanager
def marked(folder: Path) -> Iterator[None]:
    """What is started meanwhile belongs to this folder's run."""
    os.environ[MARK] = str(folder)
    try:
        yield
    finally:
        del os.environ[MARK]


def outliving(folder: Path, patience_s: float = 10.0) -> list[int]:
    """Workers of a folder's run that are still there after a while."""
    until = time.monotonic() + patience_s
    while (left := workers_of(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def workers_of(folder: Path) -> list[int]:
    """The workers that a folder's run has started, whoever started them in it."""
    return [pid for pid in psutil.pids() if _works_in(pid, folder)]


def _works_in(pid: int, folder: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return (
            "gradparity.harness.worker" in process.cmdline()
            and process.status() != psutil.STATUS_ZOMBIE
            and process.environ().get(MARK) == str(folder)
        )
    except psutil.Error:
        return False
