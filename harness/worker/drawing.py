"""The instance that a worker is asked about."""

from __future__ import annotations

from gradparity.harness.messages.spec import Question, Spec
from gradparity.problems import Instance, Problem


def drawn(problem: Problem, asked: Question | Spec) -> Instance:
    """The instance of a size and seed; of numbers of `asked.low`, if that is a dtype.

    Raises: InputError for what is beyond the range of that dtype.
    """
    instance = problem.instance(asked.size, asked.seed)
    return instance.rounded(asked.low) if asked.low else instance
