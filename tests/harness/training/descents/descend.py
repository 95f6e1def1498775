"""What the tests of training share: a spec, taken; and problems of their own, in a file."""

from __future__ import annotations

from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents.checks import check
from gradparity.harness.training.descents.descent import RunningDescent

PLACED = """
from dataclasses import replace

import numpy as np

from gradparity import Instance
from gradparity.problems.catalogue import PROBLEMS as OURS


def draw(rng, *, x):
    return Instance({"x": np.array(x)}, {"n": np.asarray(len(x))})


PLACED = replace(OURS["NAME"], draw=draw, sizes={"tiny": {"x": START}})
"""


def descend(budget=None, **spec):
    """The record of a spec, by a budget's keywords and the spec's."""
    taken = DescentSpec(budget=Budget(**(budget or {})), **spec)
    check(taken)
    running = RunningDescent(taken)
    assert running.advance(1e9) is True
    return running.descent()


def placed(folder, name, start):
    """A file with the problem of the catalogue of that name, its "x" starting there."""
    file = folder / f"placed_{abs(hash((name, start)))}.py"
    file.write_text(
        PLACED.replace("NAME", name).replace("START", repr(start).replace("nan", "np.nan"))
    )
    return str(file)
