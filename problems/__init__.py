"""What is computed: losses written once, their data, sizes and known answers."""

from problems.errors import InputError
from problems.namespace import OPERATIONS, Namespace, OperationError
from problems.problem import Array, Arrays, Instance, Loss, Minimum, Problem

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
