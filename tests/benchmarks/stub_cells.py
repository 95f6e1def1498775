"""Cells that do nothing but take time, in a module that workers can import."""

from __future__ import annotations

import time
from dataclasses import dataclass

from gradparity.harness.processes.side_by_side import Workbench

STUB_S = 0.001
"""Seconds of processor time of a cell."""


@dataclass(frozen=True)
class StubRecipe:
    """A cell that takes a millisecond of processor time."""

    alone: bool = False
    gpu: bool = False

    def hire(self, bench: Workbench) -> StubCrew:
        return StubCrew()

    def lost(self, item: int, why: str) -> int:
        raise AssertionError(why)


class StubCrew:
    def run(self, item: int) -> int:
        until = time.thread_time() + STUB_S
        while time.thread_time() < until:
            pass
        return item

    def kill(self) -> None:
        """Nothing to end."""

    end = kill
