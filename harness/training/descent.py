"""A descent, step by step: from a course to its record."""

from __future__ import annotations

from harness.training.course import Course
from results.descent import Descent


class Descending:
    """A descent under way.

    steps: made so far. loss: the last that is known, of the iterate before the last step, or of its
        batch. ended: whether a rule has ended it; `advance` then does nothing.
    """

    def __init__(self, course: Course) -> None:
        """Draw the instance and prepare the step; InputError, Unsupported, Unavailable."""
        self.course = course
        self.steps = 0
        self.loss = float("nan")
        self.ended = False

    def advance(self, seconds: float) -> bool:
        """Make steps for so long, or until the descent ends; whether it has."""
        raise NotImplementedError

    def descent(self) -> Descent:
        """The record up to here, with its history; "interrupted" where no rule has ended it yet."""
        raise NotImplementedError
