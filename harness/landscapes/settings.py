"""The controls that every view of a landscape has: the optimisers, their rate, the steps."""

from __future__ import annotations

from dataclasses import replace

from gradparity.harness.views.controls import Control, Number, Selection
from gradparity.harness.views.descent import CONTROLS

LOWEST, HIGHEST = 1e-8, 1e2
"""Of the rate: a loss of the reader's own may have any scale."""

SHARED = ("first", "second", "momentum", "beta2", "steps", "backend", "rates", "moving")
OF_SURFACES = ("noise", "beside", "solid")


def descent_controls(rate: float) -> tuple[Control, ...]:
    """The controls of a descent in one variable or more; rate: the default."""
    shared = [_of_descent(name) for name in SHARED]
    own = Number("rate", "Rate η", LOWEST, HIGHEST, rate, scale="log", positions=200)
    return (*shared[:2], own, *shared[2:])


def surface_controls(rate: float, beside: str) -> tuple[Control, ...]:
    """Those of a descent on a surface; beside: what is drawn beside it, at first."""
    first, *others = [_of_descent(name) for name in OF_SURFACES]
    assert isinstance(others[0], Selection)
    return (*descent_controls(rate), first, replace(others[0], default=beside), *others[1:])


def _of_descent(name: str) -> Control:
    return next(control for control in CONTROLS if control.name == name)
