"""Right gradients are never accused: all problems, as drawn, trained and scaled, in both dtypes."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import everyday
from tests.studies.in_pieces import Unfinished
from tests.studies.right_gradients_report import markdown
from tests.studies.right_gradients_study import recorded, study
from tests.studies.states import STATES, trained

FAST = ("numpy", "tape", "torch")
ALL = (*FAST, "tape-eager", "jax", "torch-func", "autograd")
# Compiling for JAX takes seconds for all problems together.
FAR = ("tiny trained 0 torch is", "tiny trained 0 torch (idiomatic) is")
"""Of logsumexp, which nothing holds: far down torch's exp(x - f) loses the digits of f."""
FEW = ("price-ad-log", "xor-relu", "rosenbrock", "regression-logistic")


def accused(cases):
    found = list(cases)
    assert found
    return [case.where for case in found if case.accused]


@pytest.mark.parametrize("name", everyday(PROBLEMS))
def test_numpy_tape_and_torch_are_never_accused(name):
    found = accused(study(1, ["tiny"], ["gradient"], FAST, [name]))
    if name == "logsumexp":
        assert all(where.startswith(FAR) and ": unstable" in where for where in found)
    else:
        assert found == []


@pytest.mark.parametrize("name", FEW)
def test_jax_is_never_accused(name):
    pytest.importorskip("jax")
    assert accused(study(1, ["tiny"], ["gradient"], ["jax"], [name], ["1e-6"])) == []


def test_a_study_goes_on_where_its_record_ends(tmp_path):
    record, asked = tmp_path / "right.jsonl", [["tiny"], ["gradient"], ["numpy", "tape"], ["booth"]]
    with pytest.raises(Unfinished, match="2 of 2 pieces are left"):
        recorded(record, [2, *asked], minutes=-1)
    first = recorded(record, [1, *asked], minutes=60)
    both = recorded(record, [2, *asked], minutes=60)
    assert both[: len(first)] == first == list(study(1, *asked))
    assert [case.where.split()[2] for case in both] == ["0"] * 8 + ["1"] * 8
    lines = record.read_text().splitlines()
    assert len(lines) == 2
    assert recorded(record, [2, *asked], minutes=-1) == both  # nothing is left to do
    record.write_text(lines[1] + "\n")  # a line taken out is done again
    assert recorded(record, [2, *asked], minutes=60) == both


def test_what_is_slow_to_judge_is_judged_at_fewer_seeds_and_the_page_says_so():
    asked = [["tiny"], ["gradient"], ["numpy"], ["booth", "polynomial"], ["fresh"]]
    cases = list(study((2, 1), *asked))
    assert [case.where.split()[2] for case in cases] == ["0", "1", "0"]
    assert "2 seeds, 1 of `polynomial`." in markdown(cases, (2, 1), *asked)


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_nobody_is_ever_accused(name, state):
    assert accused(study(3, ["tiny", "small"], ["value", "gradient"], ALL, [name], [state])) == []


@pytest.mark.parametrize("name", ["booth", "rosenbrock", "softmax-digits"])
def test_trained_means_near_the_minimum(name):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 0)
    before, after = (
        float(problem.loss(np, i.params, i.data)) if name != "softmax-digits" else None
        for i in (instance, trained(problem, instance))
    )
    if name == "softmax-digits":
        x, y = instance.data["x"], instance.data["y"]
        found = trained(problem, instance).params
        assert np.mean(np.argmax(x @ found["w"] + found["b"], axis=1) == y) > 0.95
    else:
        assert after < 0.05 * before
