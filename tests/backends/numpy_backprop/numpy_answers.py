"""Answers of the backend `numpy`, as its users get them."""

from dataclasses import replace

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.numpy_backprop.backend import BACKEND
from gradparity.problems.catalogue import PROBLEMS


def answered(name, operator, instance, dtype="float64"):
    """As a user of the backend gets it: prepared at zeros, run at the instance."""
    prepared = BACKEND.prepare(PROBLEMS[name], operator, instance.zeros(), Setting(dtype))
    return prepared(instance)


def derivative(name, operator, instance, dtype="float64"):
    return answered(name, operator, instance, dtype).derivative[operator]


def at(name, **params):
    """The instance of size tiny and seed 0 with other parameters."""
    arrays = {key: np.asarray(value, dtype=np.float64) for key, value in params.items()}
    drawn = PROBLEMS[name].draw(np.random.default_rng(0), **PROBLEMS[name].sizes["tiny"])
    return replace(drawn, params=arrays, direction={k: np.ones_like(v) for k, v in arrays.items()})
