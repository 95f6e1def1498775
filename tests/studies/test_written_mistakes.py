"""The mistakes that people make by hand: the cause is named in the words of the message."""

from functools import partial

import pytest

from gradparity import check
from tests.studies.complex_mistakes import COMPLEX
from tests.studies.complex_mistakes import UNNAMED as COMPLEX_UNNAMED
from tests.studies.upstream_mistakes import FAR, IGNORED, jax_rule, torch_rule
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
    found = outcome(loss, point, partial(gradient, m=mistake), mistakes[mistake])
    assert found == (True, True, False)


@pytest.mark.parametrize("make", [torch_loss, jax_loss])
@pytest.mark.parametrize("name", RULES)
def test_the_mistake_in_a_backward_rule_is_named(make, name):
    forward, backward, words = RULES[name]
    assert outcome(*make(forward, backward), None, words) == (True, True, False)


@pytest.mark.parametrize(
    ("loss", "gradient", "point", "mistakes"),
    [COMPLEX["form"], COMPLEX["squares"], FAR["likelihood"]],
)
def test_complex_and_upstream_mistakes_are_named(loss, gradient, point, mistakes):
    assert check(loss, point, gradient=gradient).status == "ok"
    for mistake, words in mistakes.items():
        found = outcome(loss, point, partial(gradient, m=mistake), words, seconds=5)
        assert found == (True, words is not COMPLEX_UNNAMED, False), mistake


@pytest.mark.parametrize("make", [torch_rule, jax_rule])
def test_a_rule_that_ignores_what_comes_from_above_is_named(make):
    assert check(*make(lambda g, slope: g * slope)).status == "ok"
    for name in ("ignored", "its abs", "its mean"):
        assert outcome(*make(IGNORED[name]), None, ("from above",)) == (True, True, False)


def test_there_are_many():
    assert len(EVERY) >= 60
