"""What a worker is asked for in training: a descent, step by step, and the plane under its path.

Like all of a worker, it imports NumPy and what needs it only when asked: see
`harness/worker/worker.py`.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradparity.harness.training.descents.descent import RunningDescent
    from gradparity.harness.training.descents.prepared_cache import PreparedCache


class TrainingRequests:
    """A descent under way, and what earlier ones have prepared."""

    def __init__(self) -> None:
        self.running: RunningDescent | None = None
        self.cache: PreparedCache | None = None

    def begin_descent(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Draw the instance, prepare the step and stand at the start."""
        from gradparity.harness.training.descents.descent import RunningDescent
        from gradparity.harness.training.descents.prepared_cache import PreparedCache
        from gradparity.harness.training.descents.spec import DescentSpec

        self.end_training()
        gc.collect()
        if self.cache is None:
            self.cache = PreparedCache()
        self.running = RunningDescent(DescentSpec.from_json(spec), self.cache)
        return {}

    def advance_descent(self, seconds: float) -> dict[str, Any]:
        """Make steps for so long; whether the descent has ended, how far it is, its last loss."""
        running = self._under_way()
        ended = running.advance(seconds)
        gc.collect(1)  # between steps, never in one: nothing else collects in a long descent
        return {"ended": ended, "steps": running.steps, "loss": running.loss}

    def end_descent(self, file: str) -> dict[str, Any]:
        """The record of the descent; its history goes into a file."""
        from dataclasses import fields

        from gradparity.results.store.histories import packed_history

        found = self._under_way().descent()
        if found.history is None:
            raise RuntimeError("a descent that began has a history")
        Path(file).write_bytes(packed_history(found.history))
        self.end_training()
        names = [field.name for field in fields(found) if field.name != "history"]
        return {"record": {name: getattr(found, name) for name in names}}

    def loss_plane(
        self, spec: dict[str, Any], sides: list[list[float]], file: str
    ) -> dict[str, Any]:
        """The loss of a problem with two parameters on a plane; it goes into a file."""
        import numpy as np

        from gradparity.harness.planning.lookup import find
        from gradparity.harness.training.descents.plane import loss_plane

        problem = find(spec["problem"], spec["file"])
        np.save(file, loss_plane(problem, spec["size"], spec["seed"], sides))
        return {}

    def _under_way(self) -> RunningDescent:
        if self.running is None:
            raise RuntimeError("no descent is under way")
        return self.running

    def end_training(self) -> None:
        """Drop the descent under way, if there is one."""
        self.running = None
