"""The mistakes that people make by hand: the cause is named in the words of the message, or none is."""

import pytest

from gradparity import check
from gradparity.harness.findings.words import told
from gradparity.harness.plain.check import GradientError
from tests.studies.written_mistakes import WRITTEN

EVERY = [(name, mistake) for name, (*_, mistakes) in WRITTEN.items() for mistake in mistakes]
# Beyond what is looked for: another window of the data, and a count of violated margins.
UNNAMED = {("convolution", "stride"), ("hinge", "the count")}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_gradient_without_a_mistake_is_right(name):
    loss, gradient, point, _ = WRITTEN[name]
    found = check(loss, point, gradient=gradient)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle


@pytest.mark.parametrize(("name", "mistake"), EVERY)
def test_the_cause_is_named_or_none_is_stated(name, mistake):
    loss, gradient, point, mistakes = WRITTEN[name]
    with pytest.raises(GradientError) as caught:
        check(loss, point, gradient=lambda p: gradient(p, mistake), seconds=60)
    diagnosis = caught.value.finding.diagnosis
    if (name, mistake) in UNNAMED:
        assert diagnosis.cause.key == "other"
    else:
        assert any(words in told(diagnosis) for words in mistakes[mistake]), told(diagnosis)


def test_nearly_all_are_named():
    assert len(EVERY) >= 60
    assert len(UNNAMED) < 0.1 * len(EVERY)
