"""An item whose host is lost goes elsewhere, twice at most; a stand-in for Dask loses the hosts."""

from threading import Timer

import pytest

from gradparity.harness.cluster.at_host import Performed
from gradparity.harness.cluster.hosts import this_host
from gradparity.harness.cluster.named import NamedCluster
from gradparity.harness.cluster.place import OnCluster, SchedulerLost
from gradparity.harness.terminal.progress import Progress

HOSTS = ("tcp://a:1", "tcp://b:1", "tcp://c:1")


class Recipe:
    alone = gpu = False

    def lost(self, item, why):
        return f"lost: {why}"


class Future:
    status = "pending"

    def __init__(self, key, items):
        self.key, self.items, self.callbacks = key, items, []

    def add_done_callback(self, call):
        self.callbacks.append(call)

    def cancel(self, force=False):
        self.status = "cancelled"

    def end(self, status):
        if self.status == "pending":
            self.status = status
            for call in self.callbacks:
                call(self)

    def exception(self):
        return None

    def result(self):
        return Performed(tuple(f"made {item}" for item in self.items), 0.1, HOSTS[0])


class Dask:
    """Does items in turn; one of `fatal` ends its host, as often as it says."""

    status = "running"

    def __init__(self, fatal):
        self.fatal, self.tried = dict(fatal), []
        self.place = None

    def scheduler_info(self, n_workers):
        worker = {"nthreads": 1, "resources": {}}
        return {"workers": dict.fromkeys(HOSTS, worker), "services": {}}

    def submit(self, function, job, items, topic, key, **more):
        future = Future(key, items)
        Timer(0.01, self.run, [future]).start()
        return future

    def run(self, future, *more, **others):
        for address in HOSTS:
            if future.status != "pending":
                return
            self.tried.append((future.items, address))
            self.place._heard((0.0, {"key": future.key, "address": address}))
            deadly = [item for item in future.items if self.fatal.get(item, 0) > 0]
            if not deadly:
                Timer(0.05, future.end, ["finished"]).start()
                return
            for item in deadly:
                self.fatal[item] -= 1
        # All three hosts are gone with it: the place has heard that by now.

    def cancel(self, futures, force):
        pass


def done(fatal, items=range(4)):
    dask = Dask(fatal)
    place = OnCluster(dask, NamedCluster("tcp://x:1"), Recipe(), b"", "id", Progress())
    host = this_host()
    place.hosts = dict.fromkeys(HOSTS, host)
    place.names = {address: address[6] for address in HOSTS}
    place.looked = 1e12  # nobody joins
    dask.place, found = place, {}
    assert place.work(list(items), found.__setitem__) == "finished"
    return found, dask


def test_one_loss_costs_nothing():
    found, dask = done({2: 1})
    assert found == {item: f"made {item}" for item in range(4)}
    assert [address for items, address in dask.tried if 2 in items] == list(HOSTS[:2])


def test_two_losses_are_the_end_of_an_item_and_of_no_other():
    found, _ = done({2: 9})
    assert found[2] == "lost: host b, twice"
    assert {item: found[item] for item in (0, 1, 3)} == {i: f"made {i}" for i in (0, 1, 3)}


def test_a_scheduler_that_is_gone_ends_the_work(monkeypatch):
    monkeypatch.setattr(Dask, "run", lambda self, future, *more, **others: future.end("cancelled"))
    with pytest.raises(SchedulerLost, match="--cluster tcp://x:1: the scheduler is gone"):
        done({})
