"""Every case: a file per family; a new file is one line here."""

from tests.backends.operations.cases import (
    activations,
    arrangements,
    control,
    elementwise,
    fourier,
    linear_algebra,
    order,
    reductions,
    shapes,
    special,
    windows,
)

FILES = (
    *(elementwise, activations, special, reductions, order, linear_algebra, fourier),
    *(shapes, arrangements, windows, control),
)
CASES = {name: case for file in FILES for name, case in file.CASES.items()}
