"""Verdicts on problems in bfloat16 and float16: numbers made once, float32 beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradparity.backends import LOW_DTYPES, Answer, Setting
from gradparity.backends.catalogue import load
from gradparity.harness.findings.finding import Finding
from gradparity.harness.judging.answers import malformed
from gradparity.harness.messages.judged import JudgedSubject, JudgeSubject
from gradparity.harness.messages.lines import answer_line, read_answer
from gradparity.harness.messages.spec import Question
from gradparity.harness.planning.lookup import find
from gradparity.harness.planning.skipped import without_dtype
from gradparity.harness.worker.judge import Judge
from gradparity.harness.worker.whole_check import judged_subject
from gradparity.problems import InputError, Instance

FILE = """
import gradparity as gp
import torch

class Off(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 1.01 * g * (1 - torch.tanh(x) ** 2)

def loss(xp, params, data):
    return xp.sum(data["a"] * xp.tanh(params["w"]))

def own(xp, params, data):
    return (data["a"] * Off.apply(params["w"])).sum()

def draw(rng, *, n=40):
    return gp.Instance({"w": rng.normal(size=n)}, {"a": rng.normal(size=n)})

PROBLEM = gp.Problem("tanh-sum", loss, draw, {"tiny": {}}, "here", idiomatic={"torch": own})
"""


def _judged(name: str, backend: str, dtype: str, file: str | None = None) -> JudgedSubject:
    question = Question(name, file, "tiny", 0, "gradient", dtype)
    variant = "portable" if file is None else "idiomatic"
    return judged_subject(Judge(), JudgeSubject(question, backend, variant, (dtype,), 1.0))


@pytest.mark.parametrize("dtype", LOW_DTYPES)
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_right_gradients_are_right_and_seen_in_float32_as_well(backend: str, dtype: str) -> None:
    found = _judged("mlp-wine", backend, dtype)
    assert found.status == "ok"
    assert found.finding is not None
    assert found.finding.figure.keys() == {"float32", dtype}
    assert max(found.finding.figure.values()) < 2
    told = f"each number of {dtype} is judged alone: no bias of many numbers is looked for"
    assert any(x.startswith(told) for x in found.finding.remarks)


def test_a_factor_that_bfloat16_hides_is_told_by_float32(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    found = _judged("tanh-sum", "torch", "bfloat16", str(file))
    assert found.status == "formula"
    assert found.finding is not None
    assert found.finding.diagnosis is not None
    assert "factor of 1.01" in found.finding.diagnosis.cause.sentence
    assert found.finding.low is not None
    assert found.finding.low[1] < 2  # within rounding there


@pytest.mark.parametrize(("backend", "says"), [("torch", "lu_cpu"), ("jax", "bfloat16")])
def test_an_operation_that_a_library_lacks_is_one_line(backend: str, says: str) -> None:
    found = _judged("determinant", backend, "bfloat16")
    assert found.status == "unsupported"
    assert says in found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize("backend", ["numpy", "tape", "dual"])
def test_backends_of_numpy_say_what_they_compute_in(backend: str) -> None:
    told = without_dtype(load(backend), "bfloat16")
    assert told == f"{backend} computes in float64 and float32 alone, not in bfloat16"
    assert without_dtype(load(backend), "float32") is None
    assert without_dtype(load("torch"), "bfloat16") is None


@pytest.mark.parametrize("backend", ["torch", "torch-func", "jax", "jax-eager"])
@pytest.mark.parametrize("dtype", LOW_DTYPES)
def test_answers_are_numbers_of_the_dtype(backend: str, dtype: str) -> None:
    """The law of `LowBackend`."""
    problem = find("rosenbrock")
    instance = problem.instance("tiny", 0).rounded(dtype)
    prepared = load(backend).prepare(problem, "gradient", instance.zeros(), Setting(dtype))
    assert malformed(prepared(instance), "gradient", instance, dtype) is None


def test_an_instance_is_rounded_to_nearest_and_widened() -> None:
    """Of bfloat16 8 bits are kept, of float16 11; ties go to even."""
    given = Instance({"w": np.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, np.pi])}, {"i": np.arange(3)})
    low, half = given.rounded("bfloat16"), given.rounded("float16")
    assert low.params["w"].tolist() == [1.0, 1 + 2.0**-6, 3.140625]
    assert half.params["w"].tolist() == [1 + 2.0**-8, 1 + 3 * 2.0**-8, 3.140625]
    assert low.params["w"].dtype == np.float64
    assert low.data["i"].dtype == given.data["i"].dtype


def test_a_number_beyond_the_range_is_refused_by_name() -> None:
    given = Instance({"w": np.ones(2)}, {"price": np.array([1.0, 7e4])})
    with pytest.raises(InputError, match=r"^price holds 7e\+04, beyond the range of float16$"):
        given.rounded("float16")
    assert given.rounded("bfloat16").data["price"][1] == 70144.0


def test_numbers_that_are_of_another_dtype_are_told() -> None:
    instance = Instance({"w": np.ones(2)}, {})
    third = np.float32(1 / 3)
    answer = Answer(np.float32(1), {"w": np.array([1, third], np.float32)})
    told = malformed(answer, "gradient", instance, "bfloat16")
    assert told == f"the gradient of w holds {third}, should be bfloat16"
    half = Answer(np.float32(1), {"w": np.ones(2, np.float32)})
    assert (
        malformed(half, "gradient", instance, "float16") == "the loss is float32, should be float16"
    )


def test_a_finding_in_a_low_dtype_comes_back_from_a_worker() -> None:
    finding = Finding("ok", "an oracle", 8.0, None, 0.5, "bfloat16", low=("bfloat16", 0.25))
    asked = JudgeSubject(Question("a", None, "tiny", 0, "gradient"), "torch", "portable", (), 1.0)
    sent = JudgedSubject(2, "ok", "", finding, ())
    assert read_answer(answer_line(sent), asked) == sent
    assert replace(finding, low=None).figure == {"float32": 0.5}
