"""The mistakes that people make by hand: the cause is named in the words of the message, or none is."""

from functools import partial

import pytest

from gradparity import check
from tests.studies.written_mistakes import WRITTEN, outcome
from tests.studies.written_rules import RULES, jax_loss, torch_loss

EVERY = [(name, mistake) for name, (*_, mistakes) in WRITTEN.items() for mistake in mistakes]
# Beyond what is looked for: a count of violated margins.
UNNAMED = {("hinge", "the count")}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_gradient_without_a_mistake_is_right(name):
    loss, gradient, point, _ = WRITTEN[name]
    found = check(loss, point, gradient=gradient)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle


@pytest.mark.parametrize(("name", "mistake"), EVERY)
def test_the_cause_is_named_or_none_is_stated(name, mistake):
    loss, gradient, point, mistakes = WRITTEN[name]
    named, other = outcome(loss, point, partial(gradient, m=mistake), mistakes[mistake])
    assert (named, other) == ((name, mistake) not in UNNAMED, False)


@pytest.mark.parametrize("make", [torch_loss, jax_loss])
@pytest.mark.parametrize("name", RULES)
def test_the_mistake_in_a_backward_rule_is_named(make, name):
    forward, backward, words = RULES[name]
    assert outcome(*make(forward, backward), None, words) == (True, False)


def test_nearly_all_are_named():
    assert len(EVERY) >= 60
    assert len(UNNAMED) < 0.1 * len(EVERY)
