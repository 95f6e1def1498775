"""The place where the items of a run are done when that is a cluster.

Tasks are sent a few ahead, so that little is under way when somebody calls it off. Each tells when
it begins: one that begins again was on a host that is lost, and one that would begin a third time
is given up. Workers that join are looked at, and then take part.
"""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Generic

from gradparity.harness.cluster.at_host import Job, Performed, dismiss, perform
from gradparity.harness.cluster.batches import AHEAD, TaskBatch, TaskBatches
from gradparity.harness.cluster.connection import connected
from gradparity.harness.cluster.hosts import GPU, MACHINE, Host, asked_hosts, sort_out, this_host
from gradparity.harness.cluster.named import NamedCluster
from gradparity.harness.cluster.parcel import packed
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.interruption import held, let_in
from gradparity.harness.processes.side_by_side import Item, Made, Recipe, Stopped
from gradparity.harness.terminal.progress import Progress
from gradparity.problems import InputError
from gradparity.problems.errors import UnfinishedError

HOSTS_ALLOWED = 2
"""Hosts that may be lost with an item; then it is given up."""

LOOK_S = 2.0
"""Seconds between two looks at who has joined."""

PATIENCE_S = 60.0
"""How long all workers may be gone, or none of them fit, before the rest is left."""


class SchedulerLost(UnfinishedError):
    """The scheduler is gone, or all workers are, and with them what was not finished."""


@dataclass(slots=True)
class OnCluster(Generic[Item, Made]):
    """See above; made by `on_cluster`.

    hosts: those that may work, by the address of their Dask worker. gone: names of hosts by
    address, of all that ever were. losses: how many times a host of each was lost.
    """

    client: Any
    cluster: NamedCluster
    recipe: Recipe[Item, Made]
    job: bytes
    id: str
    progress: Progress
    hosts: dict[str, Host] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    threads: int = 1
    begun: dict[str, list[str]] = field(default_factory=dict)
    under_way: dict[Any, TaskBatch[Item]] = field(default_factory=dict)
    done: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    told: set[str] = field(default_factory=set)
    number: int = 0
    looked: float = 0.0
    alive: float = field(default_factory=monotonic)

    @property
    def topic(self) -> str:
        """Where tasks tell that they begin."""
        return f"gradparity-{self.id}"

    @property
    def resources(self) -> dict[str, int]:
        """What a Dask worker must have for an item."""
        return dict.fromkeys([MACHINE] * self.recipe.alone + [GPU] * self.recipe.gpu, 1)

    def work(self, items: Sequence[Item], finish: Callable[[Item, Made], None]) -> str:
        """Have all items done; see `WorkPlace`. Raises SchedulerLost."""
        batches = TaskBatches.of(items)
        left = len(items)
        try:
            with let_in():
                while left:
                    self._look()
                    while batches and len(self.under_way) < AHEAD * self.threads:
                        self._send(batches.next(self.threads))
                    for item, made in self._finished(batches):
                        left -= 1
                        with held():
                            finish(item, made)
                        done = f"{len(items) - left} of {len(items)} done by {self.who()}"
                        self.progress.pace(f"{done}, {batches.pace(left, datetime.now())}")
        except BaseException as error:
            self._call_off()
            if isinstance(error, KeyboardInterrupt):
                return "interrupted"
            raise
        return "finished"

    def join(self) -> None:
        """Look for the first time who may work. Raises InputError where nobody may."""
        self.client.subscribe_topic(self.topic, self._heard)
        self._look()
        if self.hosts:
            return
        wanted = "".join(f" --resources {name}=1" for name in self.resources)
        if not self.client.scheduler_info(n_workers=-1)["workers"]:
            raise InputError(
                f"--cluster {self.cluster.text}: it has no workers; start some: dask worker "
                f"{self.cluster.text} --nthreads 1{wanted}"
            )
        if self.told:
            raise InputError(
                f"--cluster {self.cluster.text}: no host is as this machine is:\n"
                + "\n".join(self.told)
            )
        raise InputError(
            f"--cluster {self.cluster.text}: no worker has what this needs; start one on each "
            f"host: dask worker {self.cluster.text} --nthreads 1{wanted}"
        )

    def who(self) -> str:
        """How many take part: "3 hosts, 24 workers"."""
        names = len({host.name for host in self.hosts.values()})
        count = len(self.hosts)
        return f"{names} host{'s' * (names != 1)}, {count} worker{'s' * (count != 1)}"

    def _look(self) -> None:
        """Look who has joined and who is gone. Raises SchedulerLost where nobody is left."""
        if self.hosts and monotonic() - self.looked < LOOK_S:
            return
        self.looked = monotonic()
        present = self.client.scheduler_info(n_workers=-1)["workers"]
        able = {
            address: worker["nthreads"]
            for address, worker in present.items()
            if all(worker["resources"].get(name) for name in self.resources)
        }
        self.hosts = {address: host for address, host in self.hosts.items() if address in able}
        new = [address for address in able if address not in self.names]
        if new:
            found = sort_out(this_host(), asked_hosts(self.client, new))
            self.hosts |= found.fit
            self.names |= {address: found.fit[address].name for address in found.fit}
            self.names |= {address: address for address in new if address not in found.fit}
            if found.unfit and found.unfit not in self.told:
                self.told.add(found.unfit)
                if self.hosts:
                    self.progress.say(f"left out, not as this machine is:\n{found.unfit}")
        each = 1 if self.recipe.alone else None
        self.threads = sum(each or able[address] for address in self.hosts) or 1
        if self.hosts:
            self.alive = monotonic()
        elif monotonic() - self.alive > PATIENCE_S:
            raise SchedulerLost(f"--cluster {self.cluster.text}: no worker is left")

    def _send(self, batch: TaskBatch[Item]) -> None:
        self.number += 1
        future = self.client.submit(
            perform,
            self.job,
            batch.items,
            self.topic,
            key=f"gradparity-{self.id}-{self.number}",
            workers=list(self.hosts) or None,
            resources=self.resources or None,
            pure=False,
        )
        self.under_way[future] = batch
        future.add_done_callback(self.done.put)

    def _heard(self, event: tuple[float, dict[str, str]]) -> None:
        """A task begins; in the client's own thread."""
        told = event[1]
        addresses = self.begun.setdefault(told["key"], [])
        addresses.append(told["address"])
        if len(addresses) > 1:
            self.done.put(told["key"])

    def _finished(self, batches: TaskBatches[Item]) -> Iterator[tuple[Item, Made]]:
        """What has been done since, or is given up; waits a while for it."""
        try:
            found = self.done.get(timeout=LOOK_S)
        except Empty:
            self._require_scheduler()
            return
        if isinstance(found, str):
            yield from self._begun_again(found, batches)
            return
        batch = self.under_way.pop(found, None)
        if batch is None:
            return
        addresses = self.begun.pop(found.key, [])
        if found.status == "cancelled":
            raise self._gone()
        error = found.exception() if found.status == "error" else None
        if error is None:
            performed: Performed = found.result()
            batches.count(len(batch.items), performed.seconds)
            yield from zip(batch.items, performed.made, strict=True)
        elif type(error).__name__ == "KilledWorker":
            addresses = addresses or [str(error.last_worker.address)]
            yield from self._given_up(batch, addresses[-1])
        elif isinstance(error, Stopped):  # its worker is about to close
            batches.lost(batch)
        else:
            raise error

    def _begun_again(self, key: str, batches: TaskBatches[Item]) -> Iterator[tuple[Item, Made]]:
        """A task begins once more: the host that it was on before is lost."""
        future = next((one for one in self.under_way if one.key == key), None)
        if future is None:
            return
        batch, addresses = self.under_way[future], self.begun[key]
        lost = len(addresses) - 1 + batch.losses
        if lost < HOSTS_ALLOWED and len(batch.items) == 1:
            return
        del self.under_way[future]
        future.cancel(force=True)
        if lost >= HOSTS_ALLOWED:
            yield from self._given_up(batch, addresses[-2])
        else:
            batches.lost(batch)

    def _given_up(self, batch: TaskBatch[Item], address: str) -> Iterator[tuple[Item, Made]]:
        host = self.names.get(address, address)
        for item in batch.items:
            yield item, self.recipe.lost(item, f"host {host}, twice")

    def _require_scheduler(self) -> None:
        if self.client.status != "running":
            raise self._gone()

    def _gone(self) -> SchedulerLost:
        return SchedulerLost(f"--cluster {self.cluster.text}: the scheduler is gone")

    def _call_off(self) -> None:
        with suppress(Exception):  # a scheduler that is gone has nothing under way
            self.client.cancel(list(self.under_way), force=True)
        self.under_way.clear()

    def leave(self) -> None:
        """End what the run has left on the hosts."""
        with suppress(Exception):
            self.client.unsubscribe_topic(self.topic)
        if self.client.status == "running":
            with suppress(Exception):
                self.client.run(dismiss, self.id, workers=list(self.hosts), on_error="ignore")


def _dashboard(client: Any) -> str:
    has_one = "dashboard" in client.scheduler_info(n_workers=0)["services"]
    return f", dashboard {client.dashboard_link}" if has_one else ""


@contextmanager
def on_cluster(
    cluster: NamedCluster,
    recipe: Recipe[Item, Made],
    files: Sequence[str],
    progress: Progress,
    jobs: int = 1,
) -> Iterator[OnCluster[Item, Made]]:
    """The place of a run whose items are done on a cluster.

    files: the users' that take part. jobs: Dask workers to start, where the cluster is this
    machine; a core each if 1. Raises InputError where there is no scheduler, and no fit host.
    """
    id = secrets.token_hex(6)
    job = pickle.dumps(Job(id, recipe, packed(files)))
    workers = jobs if jobs > 1 else len(allowed_cores())
    workers = 1 if recipe.alone else workers
    with connected(cluster, workers, recipe.alone, progress.step) as client:
        place = OnCluster(client, cluster, recipe, job, id, progress)
        try:
            with let_in():
                place.join()
            progress.say(f"cluster {cluster.text}: {place.who()}{_dashboard(client)}")
            yield place
        finally:
            place.leave()
