"""Problems at points of our choice: values, and gradients from the hand-written derivations."""

from dataclasses import replace

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.numpy_backprop.backend import BACKEND
from gradparity.problems.catalogue import PROBLEMS


def drawn(name, seed=31337, **size):
    """The instance of this size, "tiny" without, as `draw` makes it, in float64."""
    problem = PROBLEMS[name]
    return problem.draw(np.random.default_rng(seed), **(size or problem.sizes["tiny"]))


def by_hand(name, instance, **params):
    """(value, gradient by name) by hand, in float64, with some parameters replaced."""
    at = replace(instance, params={**instance.params, **params})
    answer = BACKEND.prepare(PROBLEMS[name], "gradient", at.zeros(), Setting())(at)
    return float(answer.value), answer.derivative


def assert_least(name, instance, slope=1e-9):
    """At the known minimum the loss has its value, no slope, and is less than where it started."""
    minimum = PROBLEMS[name].minimum(instance.data)
    value, gradient = by_hand(name, instance, **minimum.params)
    np.testing.assert_allclose(value, minimum.value, rtol=1e-10, atol=1e-20)
    assert max(np.abs(g).max() for g in gradient.values()) < slope
    assert value < by_hand(name, instance)[0]
