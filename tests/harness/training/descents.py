"""What the tests of training share: a course, taken; and problems of their own, in a file."""

from __future__ import annotations

from gradparity.harness.training.course import Budget, Course, check
from gradparity.harness.training.descent import Descending

PLACED = """
from dataclasses import replace

import numpy as np

from gradparity import Instance
from gradparity.problems.catalogue import PROBLEMS as OURS


def draw(rng, *, x):
    return Instance({"x": np.array(x)}, {"n": np.asarray(len(x))})


PLACED = replace(OURS["NAME"], draw=draw, sizes={"tiny": {"x": START}})
"""


def descend(budget=None, **course):
    """The record of a course, by a budget's keywords and the course's."""
    taken = Course(budget=Budget(**(budget or {})), **course)
    check(taken)
    descending = Descending(taken)
    assert descending.advance(1e9) is True
    return descending.descent()


def placed(folder, name, start):
    """A file with the problem of the catalogue of that name, its "x" starting there."""
    file = folder / f"placed_{abs(hash((name, start)))}.py"
    file.write_text(
        PLACED.replace("NAME", name).replace("START", repr(start).replace("nan", "np.nan"))
    )
    return str(file)
