"""No right gradient is accused, however awkward the place; what a loss loses itself is found."""

import pytest

from tests.studies.awkward_right_gradients import WRONG, awkward_cases, status_of
from tests.studies.lost_values import lost_outcomes

pytest.importorskip("torch")
pytest.importorskip("optax")

CASES = list(awkward_cases([12, 50]))


@pytest.mark.parametrize("kind", dict.fromkeys(case.kind for case in CASES))
def test_none_is_accused(kind):
    found = {case.name: status_of(case) for case in CASES if case.kind == kind}
    assert {name: status for name, status in found.items() if status in WRONG} == {}
    assert "refused" not in found.values()


def test_there_are_many():
    assert len(CASES) > 70


def test_what_a_loss_loses_is_wrong_and_named():
    found = lost_outcomes()
    assert [name for name, caught, *_ in found if not caught] == []
    assert [name for name, _, named, _ in found if named is False] == []
