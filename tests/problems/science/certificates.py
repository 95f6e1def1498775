"""Problems at points of our choice: values, and gradients from the hand-written derivations."""

from dataclasses import replace

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.numpy_backprop.backend import BACKEND
from gradparity.problems.catalogue import PROBLEMS


def drawn(name, seed=31337, **size):
    """The instance of this size as `draw` makes it, in float64."""
    problem = PROBLEMS[name]
    return problem.draw(np.random.default_rng(seed), **(size or problem.sizes["tiny"]))


def answered(name, instance):
    """(value, gradient by name) by hand, in float64."""
    prepared = BACKEND.prepare(PROBLEMS[name], "gradient", instance.zeros(), Setting())
    answer = prepared(instance)
    return float(answer.value), answer.derivative["gradient"] if False else answer.derivative


def moved(instance, **params):
    """The instance with these parameters instead."""
    return replace(instance, params={**instance.params, **params})
