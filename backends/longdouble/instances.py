"""Instances in extended precision."""

from __future__ import annotations

import numpy as np

from gradparity.problems import Arrays, Instance, Namespace

EXTENDED = Namespace("NumPy in longdouble", np)


def extended(instance: Instance) -> Instance:
    """A copy of the instance with its floating arrays in longdouble."""

    def copied(arrays: Arrays) -> Arrays:
        return {
            name: np.array(x, np.longdouble if np.asarray(x).dtype.kind == "f" else None)
            for name, x in arrays.items()
        }

    return Instance(copied(instance.params), copied(instance.data), copied(instance.direction))
