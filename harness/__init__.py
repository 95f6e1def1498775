"""How it is judged, timed, trained and gated; the command line.

from harness import run
outcome = run("rosenbrock", backends=["numpy", "jax"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.execution import Outcome, run

__all__ = ["Outcome", "run"]


def __getattr__(name: str) -> Any:
    """Import on request: the command line must start without NumPy or SQLAlchemy."""
    if name in __all__:
        from harness import execution

        return getattr(execution, name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
