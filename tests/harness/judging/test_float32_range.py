"""A loss that leaves the range of float32 is judged in float64 alone, and that is said."""

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.harness.findings.words import sentence


def norm(x):
    return np.sqrt(np.sum(x * x))


def direction(x):
    return x / norm(x)


@pytest.mark.parametrize(
    ("loss", "gradient", "at"),
    [
        (norm, direction, [3e-25, 4e-25]),
        (norm, direction, [3e25, 4e25]),
        (lambda x: np.log(np.sum(np.exp(x))), lambda x: np.exp(x) / np.exp(x).sum(), [100.0, 99.0]),
    ],
)
def test_only_float64_is_judged(loss, gradient, at):
    found = check(loss, np.array(at), gradient=gradient)
    assert (found.status, found.u32) == ("ok", None)
    assert "in float64 alone: " in sentence(found)
    with pytest.raises(GradientError, match="formula") as caught:
        check(loss, np.array(at), gradient=lambda x: gradient(x) * (1 + 1e-9))
    assert "in float64 alone: " in str(caught.value)


def test_an_underflow_that_takes_nothing_along_changes_nothing():
    """e^-100 is no normal number in float32, and nothing beside e^0."""
    at = np.array([0.0, -100.0])

    def softmax(x):
        return np.exp(x) / np.sum(np.exp(x))

    def coarse(x):
        p = softmax(x)
        return p if x.dtype == np.float64 else p * np.float32(1.01)

    def loss(x):
        return np.log(np.sum(np.exp(x)))

    assert check(loss, at, gradient=softmax).u32 is not None
    with pytest.raises(GradientError, match="low-precision"):
        check(loss, at, gradient=coarse, strict=True)
