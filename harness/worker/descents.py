"""Training in a worker process: a descent, step by step, and the plane under its path."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.harness.messages import descending
from gradparity.harness.messages.descending import Advance, EndedDescent, Known
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.messages.request import Done, Request
from gradparity.harness.messages.spec import Question
from gradparity.harness.planning.lookup import find
from gradparity.harness.training.descents.descent import RunningDescent
from gradparity.harness.training.descents.plane import loss_plane
from gradparity.harness.training.descents.prepared_cache import PreparedCache
from gradparity.problems.layout import Layout
from gradparity.results.store.histories import packed_history


class Descents:
    """A descent under way, and what earlier ones have prepared."""

    def __init__(self) -> None:
        self._running: RunningDescent | None = None
        self._cache = PreparedCache()

    def answer(self, request: Request[Any]) -> Any:
        """The answer to a request; raises whatever goes wrong."""
        match request:
            case descending.BeginDescent(spec):
                return self.begin(spec)
            case descending.AdvanceDescent(seconds):
                return self.advance(seconds)
            case descending.EndDescent(file):
                return self.end(Path(file))
            case descending.FindKnown(question):
                return known(question)
            case descending.EvaluatePlane(question, sides, file):
                return evaluate_plane(question, sides, file)
            case _:
                raise TypeError(f"nobody answers {type(request).__name__}")

    def begin(self, spec: DescentSpec) -> Done:
        """Draw the instance, prepare the step and stand at the start."""
        self.drop()
        gc.collect()
        self._running = RunningDescent(spec, self._cache)
        return Done()

    def advance(self, seconds: float) -> Advance:
        """Make steps for so long."""
        running = self._under_way()
        gc.disable()  # a collection would be counted as the step's work
        try:
            ended = running.advance(seconds)
        finally:
            gc.enable()
        gc.collect(1)
        return Advance(ended, running.steps, running.loss)

    def end(self, file: Path) -> EndedDescent:
        """The record of the descent; its history goes into a file."""
        found = self._under_way().descent()
        if found.history is None:
            raise RuntimeError("a descent that began has a history")
        file.write_bytes(packed_history(found.history))
        self.drop()
        return EndedDescent(replace(found, history=None))

    def drop(self) -> None:
        """Drop the descent under way, if there is one."""
        self._running = None

    def _under_way(self) -> RunningDescent:
        if self._running is None:
            raise RuntimeError("no descent is under way")
        return self._running


def known(question: Question) -> Known:
    """What a picture of paths says of a problem in one or two variables."""
    problem = find(question.problem, question.file)
    instance = problem.instance(question.size, question.seed)
    best = None if problem.minimum is None else problem.minimum(instance.data).params
    minimum = () if best is None else tuple(Layout.of(best).flatten(best).tolist())
    axes = []
    for name, array in instance.params.items():
        unit = problem.units.get(name, "")
        each = [name] if np.ndim(array) == 0 else [f"{name}[{i}]" for i in range(np.size(array))]
        axes += [f"{one} [{unit}]" if unit else one for one in each]
    unit = problem.units.get("", "")
    return Known(tuple(axes), f"loss [{unit}]" if unit else "loss", minimum)


def evaluate_plane(
    question: Question, sides: tuple[tuple[float, ...], tuple[float, ...]], file: str
) -> Done:
    """The loss of a problem with two parameters on a plane; it goes into a file."""
    problem = find(question.problem, question.file)
    np.save(file, loss_plane(problem, question.size, question.seed, sides))
    return Done()
