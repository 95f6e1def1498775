"""What is computed: losses written once, their data, sizes and known answers."""

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
