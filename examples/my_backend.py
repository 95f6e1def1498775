"""A backend of one's own: central differences in extended precision, on plain NumPy.

gradparity run booth --backend examples/my_backend.py,numpy
"""

import numpy as np

from gradparity.backends import Answer, LibraryBackend, Prepared, Unsupported
from gradparity.problems.namespace import NUMPY

XP = NUMPY
H = np.longdouble(1e-3)


def slopes(problem, given):
    """(8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h, one component at a time."""
    found = {name: np.zeros(np.shape(x), np.longdouble) for name, x in given.params.items()}
    for name, x in given.params.items():
        for i in np.ndindex(np.shape(x)):
            for step, weight in ((H, 8), (-H, -8), (2 * H, -1), (-2 * H, 1)):
                moved = np.array(x, np.longdouble)
                moved[i] += step
                value = problem.loss(XP, {**given.params, name: moved}, given.data)
                found[name][i] += weight * value / (12 * H)
    return found


def prepare(problem, operator, instance, setting):
    """What is timed is `run`: NumPy to native and back stand outside it."""
    if operator not in ("value", "gradient"):
        raise Unsupported(f"my-differences has no {operator}")

    def run(given):
        value = problem.loss(XP, given.params, given.data)
        return value, slopes(problem, given) if operator == "gradient" else {}

    def decode(native):
        value, found = native
        gradient = {name: slope.astype(setting.dtype) for name, slope in found.items()}
        return Answer(np.array(value, setting.dtype), gradient)

    return Prepared(encode=lambda given: given, run=run, decode=decode)


BACKEND = LibraryBackend("my-differences", "numpy", prepare)
