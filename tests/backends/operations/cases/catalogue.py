"""Every case: a file per family; a new file is one line here."""

from tests.backends.operations.cases import (
    activations,
    elementwise,
    linear_algebra,
    reductions,
    shapes,
)

FILES = (elementwise, activations, reductions, linear_algebra, shapes)
CASES = {name: case for file in FILES for name, case in file.CASES.items()}
