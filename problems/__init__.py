"""What is computed: losses written once, their data, sizes and known answers.

The names below are imported on first use: who only refuses something has no need of NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradparity.problems.errors import InputError
    from gradparity.problems.namespace import Namespace, OperationError
    from gradparity.problems.operations.families import OPERATIONS
    from gradparity.problems.problem import Array, Arrays, Instance, Loss, Minimum, Problem

__all__ = [
    "OPERATIONS",
    "Array",
    "Arrays",
    "InputError",
    "Instance",
    "Loss",
    "Minimum",
    "Namespace",
    "OperationError",
    "Problem",
]

_HOMES = {
    "errors": ("InputError",),
    "namespace": ("Namespace", "OperationError"),
    "operations.families": ("OPERATIONS",),
    "problem": ("Array", "Arrays", "Instance", "Loss", "Minimum", "Problem"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
