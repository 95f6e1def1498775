"""A preload of Dask workers on this machine: Ctrl-C in the terminal is the parent's business."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Ignore what the terminal sends to all of its processes; the parent ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
