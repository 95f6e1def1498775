"""Causes where the loss is judged by differences, and the lines of a message."""

import numpy as np
import pytest

from gradparity import check
from gradparity.harness.findings.causes import ADVICE, CAUSES
from gradparity.harness.plain.outcome import GradientError

RNG = np.random.default_rng(8)
POINT = {
    "a": np.asarray(RNG.normal(size=(3, 3)) + 2 * np.eye(3), np.float32).astype(float),
    "b": np.asarray(RNG.normal(size=3), np.float32).astype(float),
}


CUBED = np.frompyfunc(lambda x: x**3, 1, 1)
"""A function of Python's, of which no operations can be read off."""


LEFT, RIGHT = np.array([1.0, 2.0, -1.0]), np.array([0.5, 1.0, 3.0])


def loss(p):
    return CUBED(LEFT @ p["a"] @ RIGHT) + np.sum(np.exp(p["b"]))


def gradient(p):
    slope = 3 * (LEFT @ p["a"] @ RIGHT) ** 2
    return {"a": slope * np.outer(LEFT, RIGHT), "b": np.exp(p["b"])}


MISTAKES = {
    "sign": (lambda g: {**g, "b": -g["b"]}, "b is -1 times"),
    "factor": (lambda g: {k: x / 2 for k, x in g.items()}, "the whole gradient is ½ times"),
    "transposed": (lambda g: {**g, "a": g["a"].T}, "a is the transpose"),
    "parameter-missing": (lambda g: {**g, "b": 0 * g["b"]}, "b is zero everywhere"),
}


def message(wrong):
    with pytest.raises(GradientError) as caught:
        check(loss, POINT, gradient=lambda p: wrong(gradient(p)))
    return caught.value


def test_the_right_gradient_passes_by_differences():
    assert "differences of the loss alone" in check(loss, POINT, gradient=gradient).oracle


@pytest.mark.parametrize("cause", MISTAKES)
def test_simple_causes_are_named_by_differences_too(cause):
    wrong, words = MISTAKES[cause]
    found = message(wrong)
    assert found.finding.diagnosis.cause.key == cause
    assert words in str(found)


def test_a_message_says_where_then_why_then_what_to_do():
    where, why, do, judge = str(message(MISTAKES["sign"][0])).splitlines()
    assert where.startswith("The gradient is wrong at b[")
    assert (
        why == "formula: b is -1 times what it should be, everywhere: the sign is wrong. Right: a."
    )
    assert do == ADVICE["sign"]
    assert judge.startswith("judged by differences")


def test_there_is_advice_for_every_cause():
    assert list(ADVICE) == list(CAUSES)


@pytest.mark.parametrize("name", ["bessel_j0", "airy_ai", "modified_bessel_k0"])
def test_a_function_that_torch_has_no_derivative_of_is_named(name):
    import torch

    function = getattr(torch.special, name)
    point = torch.tensor([0.5, 1.5])
    with pytest.raises(GradientError, match=rf"torch has no derivative of special\.{name}"):
        check(lambda x: (x * function(x)).sum(), point)
    with pytest.raises(GradientError) as told:  # where it has one, another cause is told
        check(lambda x: torch.special.i0e(x).sum(), point, gradient=lambda x: 0 * x)
    assert "has no derivative" not in str(told.value)
