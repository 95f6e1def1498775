"""Alone on a host: what is timed waits until nothing of ours runs beside it, and nothing begins.

Dask's resource `machine` keeps timed workloads apart; verdicts and descents of others, and workers
started with the resource twice, are kept away by locks on two files in the host's temporary folder.
The first is a turnstile: whoever waits for the second holds it, so that nobody overtakes.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

LOOK_S = 0.05
"""Seconds between two looks at a lock that somebody holds."""


class GivenUp(Exception):
    """Nobody wants it any more."""


@contextmanager
def on_host(alone: bool, wanted: Callable[[], bool], folder: str | None = None) -> Iterator[None]:
    """Within, nothing timed runs on this host; if `alone`, nothing else of ours at all.

    wanted: asked while others are waited for; raises GivenUp once it says no. folder: of the lock
    files, the same for all on a host.
    """
    place = Path(folder or tempfile.gettempdir())
    with (
        _locked(place / f"gradparity-turn-{os.getuid()}", True, wanted) as turn,
        _locked(place / f"gradparity-host-{os.getuid()}", alone, wanted),
    ):
        fcntl.flock(turn, fcntl.LOCK_UN)
        yield


@contextmanager
def _locked(file: Path, alone: bool, wanted: Callable[[], bool]) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not wanted():
                    raise GivenUp from None
                sleep(LOOK_S)
        yield descriptor
    finally:
        os.close(descriptor)
