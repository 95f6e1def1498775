"""A client of the cluster that `--cluster` names, for as long as a run takes."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from gradparity.harness.cluster.hosts import GPU, MACHINE
from gradparity.harness.cluster.named import NamedCluster, made
from gradparity.harness.processes.folders import temporary_folder
from gradparity.problems import InputError

CONNECT_S = 10
"""Seconds to wait for a scheduler."""

LOOPBACK = "127.0.0.1"


@contextmanager
def connected(
    cluster: NamedCluster, workers: int, alone: bool, step: Callable[[str], None]
) -> Iterator[Any]:
    """A `distributed.Client`; what was started for it is gone afterwards.

    workers: Dask workers to start, where the cluster is this machine. alone: whether they are to
    have the resource `machine`. step: hears what is waited for. Raises InputError where there is no
    scheduler.
    """
    with ExitStack() as owned:
        owned.enter_context(_quiet())
        from distributed import Client

        if cluster.is_local:
            owned.enter_context(_no_main())
            where = owned.enter_context(_local(workers, alone))
        elif cluster.file is not None:
            where = made(cluster.file, cluster.text)
            owned.callback(where.close)
        else:
            where = cluster.text
        try:
            client = Client(  # type: ignore[no-untyped-call]
                where, timeout=CONNECT_S, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"--cluster {cluster.text}: no scheduler answers there; start one: dask scheduler"
            ) from error
        owned.callback(_closed, client)
        if cluster.file is not None:
            step(f"wait for the first of {cluster.file.workers} workers")
            client.wait_for_workers(1)
        yield client


def _closed(client: Any) -> None:
    with suppress(Exception):  # a scheduler that is gone
        client.close(timeout=2)


@contextmanager
def _local(workers: int, alone: bool) -> Iterator[Any]:
    """A Dask cluster on this machine, which listens on the loopback address alone."""
    import dask
    from distributed import LocalCluster

    unwatched = dask.config.set({"distributed.worker.profile.enabled": False})
    with temporary_folder() as folder, unwatched:
        cluster = LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host=LOOPBACK,
            dashboard_address=f"{LOOPBACK}:0",
            worker_dashboard_address=None,
            silence_logs=logging.CRITICAL,
            resources={MACHINE: 1, GPU: 1} if alone else None,
            local_directory=str(folder),
            memory_limit=0,  # our workers have limits of their own
            preload=["gradparity.harness.cluster.deaf"],
        )
        try:
            yield cluster
        finally:
            with suppress(TimeoutError):
                cluster.close(timeout=5)


@contextmanager
def _no_main() -> Iterator[None]:
    """Within, a process that is started does not run this program's main module again.

    It would, to find what was defined there; tasks define nothing there, and a script that has no
    guard would start another run.
    """
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    main.__spec__ = None
    with suppress(AttributeError):
        del main.__file__
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


@contextmanager
def _quiet() -> Iterator[None]:
    """Within, Dask logs and warns of nothing: what of it matters is said in our own words."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado.application")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
