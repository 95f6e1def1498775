"""Whose loss it is: a problem drawn once, and made ready when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from gradparity.backends import Setting, Training, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.judging.user_file import check
from gradparity.harness.landscapes.directions import Vectors
from gradparity.harness.landscapes.plain_loss import PlainLoss, read_off
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views.paths import Path, prepared_cache, walked
from gradparity.problems import Arrays, InputError, Instance, Minimum, Problem
from gradparity.problems.layout import Layout
from gradparity.problems.problem import CriticalPoint
from gradparity.problems.python_file import MADE

TRAINED_BY, TRAINED_AT = "adam", 0.01


class SeenLoss:
    """A problem at one size and seed. file: where it is written, None for the catalogue's.

    Drawing it runs the reader's `draw`; its loss is not called before `ready`.
    Raises InputError for a size that it does not have, and where `draw` fails.
    """

    def __init__(self, problem: Problem, file: str | None = None, size: str | None = None) -> None:
        self.given, self.file = problem, file
        self.size = size or next(iter(problem.sizes), "")
        if file is not None and file.endswith(MADE):
            self.file = file = "play"  # it was made in Python: the file is ours
        self.where = f"{file}: {problem.name}" if file else problem.name
        with self.named("draw"):
            drawn = problem.instance(self.size, 0)
        if not drawn.parameters:
            raise InputError(f"{self.where}: draw gives no parameters")
        self.layout = Layout.of(drawn.params)
        self.start = np.asarray(self.layout.flatten(drawn.params), dtype=np.float64)
        self._drawn = drawn
        self._trained: dict[int, Vectors] = {}

    @cached_property
    def ready(self) -> tuple[Problem, Instance]:
        """The problem over the operations of a loss, and its instance; tried at its start.

        Raises InputError, one line, for what cannot be evaluated or read off.
        """
        if self.file is not None:
            check(self.given, self.file, 0)
        if not isinstance(self.given.loss, PlainLoss):
            return self.given, self._drawn
        with self.named("the loss"):
            problem, data = read_off(self.given)
        return problem, replace(self._drawn, data=data)

    @cached_property
    def minimum(self) -> Minimum | None:
        """The known answer, if there is one."""
        if self.given.minimum is None:
            return None
        with self.named("minimum"):
            return self.given.minimum(self._drawn.data)

    @cached_property
    def critical(self) -> Sequence[CriticalPoint]:
        """Where its gradient is known to be zero."""
        if self.given.critical is None:
            return ()
        with self.named("critical"):
            return self.given.critical(self._drawn.data)

    def names(self) -> list[str]:
        """Each of the P parameters: "price", "w1[3,0]"."""
        return list(_places(self._drawn.params))

    def loss(self, backend: str) -> PreparedLoss:
        """The whole loss by a backend."""
        problem, instance = self.ready
        return PreparedLoss(load(backend), problem, instance, Setting(), prepared_cache())

    def objective(self, backend: str) -> CountedObjective:
        """The whole loss as a function of (P,)."""
        return CountedObjective(self.loss(backend))

    def descended(
        self,
        backend: str,
        optimizer: str,
        options: dict[str, float],
        rates: list[float],
        start: Vectors,
    ) -> Path:
        """A descent in all parameters, from `start` (P,)."""
        training, still = Training(optimizer, options, 0), np.zeros((len(rates), 2))
        value = self.objective(backend).value
        return walked(self.loss(backend), training, rates, start, value, still)

    def trained(self, steps: int) -> Vectors:
        """Where so many steps of Adam at .01 end (P,), from the problem's own start."""
        if not steps:
            return self.start
        if steps not in self._trained:
            rates = [TRAINED_AT] * steps
            path = self.descended("tape", TRAINED_BY, {}, rates, self.start)
            self._trained[steps] = path.points[-1]
        return self._trained[steps]

    @contextmanager
    def named(self, what: str) -> Iterator[None]:
        """Within, whatever the reader's code raises becomes one line that names it."""
        try:
            yield
        except InputError as error:
            text = str(error)
            raise InputError(
                text if text.startswith(self.where) else f"{self.where}: {what}: {text}"
            ) from error
        except (Unsupported, MemoryError):
            raise
        except Exception as error:
            told = " ".join(str(error).split())[:300]
            raise InputError(
                f"{self.where}: {what} raises {type(error).__name__}: {told}"
            ) from error


def guarded(subject: SeenLoss, compute: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but what the reader's code raises is one line that names it."""

    def computed(*args: Any) -> Any:
        with subject.named("the loss"):
            return compute(*args)

    return computed


def _places(params: Arrays) -> Iterator[str]:
    for name, array in params.items():
        if np.ndim(array) == 0:
            yield name
        for index in np.ndindex(np.shape(array)) if np.ndim(array) else ():
            yield f"{name}[{','.join(map(str, index))}]"
