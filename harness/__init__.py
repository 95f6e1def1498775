"""How it is judged, timed, trained and gated; the command line.

from harness import run
outcome = run("rosenbrock", backends=["numpy", "jax"])

from harness import check
check(loss, params, gradient=by_hand)

from harness import train
race = train("xor-tanh", optimizers=["adam", "momentum"], rates="1e-2:1:log5", seeds=10)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.execution import Outcome, run
    from harness.plain.check import GradientError, check
    from harness.training.execution import Race, train

__all__ = ["GradientError", "Outcome", "Race", "check", "run", "train"]

_HOMES = {
    "GradientError": "harness.plain.check",
    "Outcome": "harness.execution",
    "check": "harness.plain.check",
    "run": "harness.execution",
    "Race": "harness.training.execution",
    "train": "harness.training.execution",
}


def __getattr__(name: str) -> Any:
    """Import on request: the command line must start without NumPy or SQLAlchemy."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
