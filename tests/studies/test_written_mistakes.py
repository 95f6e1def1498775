"""The mistakes that people make by hand: the cause is named in the words of the message."""

from functools import partial

import pytest

from gradparity import check
from tests.studies.written_mistakes import WRITTEN, outcome
from tests.studies.written_rules import RULES, jax_loss, torch_loss

EVERY = [(name, mistake) for name, (*_, mistakes) in WRITTEN.items() for mistake in mistakes]


@pytest.mark.parametrize("name", WRITTEN)
def test_the_gradient_without_a_mistake_is_right(name):
    loss, gradient, point, _ = WRITTEN[name]
    found = check(loss, point, gradient=gradient)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle


@pytest.mark.parametrize(("name", "mistake"), EVERY)
def test_the_cause_is_named(name, mistake):
    loss, gradient, point, mistakes = WRITTEN[name]
    named, other = outcome(loss, point, partial(gradient, m=mistake), mistakes[mistake])
    assert (named, other) == (True, False)


@pytest.mark.parametrize("make", [torch_loss, jax_loss])
@pytest.mark.parametrize("name", RULES)
def test_the_mistake_in_a_backward_rule_is_named(make, name):
    forward, backward, words = RULES[name]
    assert outcome(*make(forward, backward), None, words) == (True, False)


def test_there_are_many():
    assert len(EVERY) >= 60
