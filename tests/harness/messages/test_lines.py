"""Requests and answers as lines: back unchanged, and refused by the name of a field."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradparity.harness.findings.finding import Cause, Diagnosis, Finding, WorstNumber
from gradparity.harness.messages.catalogue import REQUESTS
from gradparity.harness.messages.descending import EndDescent, EndedDescent
from gradparity.harness.messages.judged import JudgeAnswers, Judgement
from gradparity.harness.messages.lines import (
    Unreadable,
    answer_line,
    read_answer,
    read_request,
    request_line,
)
from gradparity.harness.messages.request import Done, Refusal
from gradparity.harness.messages.spec import Question, Spec
from gradparity.harness.messages.timed import (
    Counted,
    CountWork,
    Forget,
    Greeting,
    Hello,
    Pool,
    Preparation,
    Prepare,
    TakeSample,
)
from gradparity.results.records.descent import Descent

WORST = WorstNumber("w", (2, 7), 2.0, 1.0, math.inf)
FOUND = Finding(
    *("formula", "certified balls", 64.0, math.inf, None, "float64", WORST),
    diagnosis=Diagnosis((Cause("factor", "w is doubled.", "w"),), ("b",), ("c",)),
)
SPEC = Spec("booth", None, "tiny", 0, "gradient", "float64", "cpu", 1, "numpy", "portable")
PREPARED = {"parameters": 2, "prepare_s": 0.1, "first_s": 1, "peak_bytes": None, "reason": ""}
DESCENT = Descent(
    problem="booth",
    size="tiny",
    parameters=2,
    backend="numpy",
    how="ours",
    optimizer="adam",
    options={"beta2": 0.9},
    rate=0.1,
    schedule="constant",
    batch=None,
    seed=0,
    dtype="float64",
    status="budget",
)


@given(st.from_type(Spec), st.none() | st.text())
def test_every_request_comes_back(spec, file):
    asked = Prepare(spec, file)
    assert read_request(request_line(asked)) == asked
    assert "\n" not in request_line(asked)[:-1]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (Hello("numpy"), Greeting((Pool("blas", "openblas", "0.3", 1), Pool(None, "x", None, 2)))),
        (Prepare(SPEC, None), Preparation(**PREPARED)),
        (Forget(), Done()),
        (CountWork(SPEC), Counted({"xla_flops": 3.0, "numpy_calls": 4})),
        (JudgeAnswers(SPEC.question, {"numpy": {"float64": "0.npz"}}), Judgement({"numpy": FOUND})),
    ],
)
def test_every_answer_comes_back(request_, answer):
    assert read_request(request_line(request_)) == request_
    assert read_answer(answer_line(answer), request_) == answer
    refused = Refusal("error", "no")
    assert read_answer(answer_line(refused), request_) == refused


def test_the_record_of_a_descent_comes_back_without_its_history():
    back = read_answer(answer_line(EndedDescent(DESCENT)), EndDescent("h.npz")).descent
    assert (back.optimizer, back.options, back.rate) == ("adam", {"beta2": 0.9}, 0.1)
    assert (back.batch, back.history) == (None, None)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_request_is_refused_without_its_fields_and_with_others(name):
    fields = REQUESTS[name].__dataclass_fields__
    with pytest.raises(Unreadable, match="has 'colour', which is unknown"):
        read_request(json.dumps({"do": name, **dict.fromkeys(fields), "colour": 1}))
    for field in fields:
        with pytest.raises(Unreadable, match=f"'{name}' .*lacks '{field}'"):
            read_request(json.dumps({"do": name}))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "a line is no JSON object"),
        ("[]", "a line is no JSON object"),
        ('{"do": "dance"}', "there is no request 'dance'"),
        ("{}", "there is no request None"),
        ('{"do": "sample", "calls": "4"}', "'sample': calls is '4', no int"),
        ('{"do": "sample", "calls": null}', "'sample': calls is None, no int"),
        ('{"do": "find_truth", "question": 3}', "'find_truth': question is 3, should be the fields"),
        ('{"do": "find_hardest", "questions": {}}', "'find_hardest': questions is {}, no list"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_request(line, message):
    with pytest.raises(Unreadable) as raised:
        read_request(line)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "the answer to 'sample' is neither 'ok' nor 'error'"),
        ({"ok": {"seconds": 1.0}}, "the answer to 'sample' lacks 'cpu_seconds'"),
        ({"ok": {"seconds": 1, "cpu_seconds": []}}, "the answer to 'sample': cpu_seconds is [], no"),
        ({"error": {"status": "error"}}, "the answer to 'sample' lacks 'reason'"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_answer(given, message):
    with pytest.raises(Unreadable) as raised:
        read_answer(json.dumps(given), TakeSample(3))
    assert message in str(raised.value)


def test_the_question_of_a_spec_is_the_same_for_every_backend_and_dtype():
    assert SPEC.question == Question("booth", None, "tiny", 0, "gradient")


def test_what_a_gate_asks_of_an_older_base_is_still_called_the_same():
    """Lines as workers of this package's first commits wrote and read them."""
    spec = {"problem": "booth", "file": None, "size": "tiny", "seed": 0, "operator": "gradient"}
    spec |= {"dtype": "float64", "device": "cpu", "threads": 1}
    spec |= {"backend": "numpy", "variant": "portable"}
    lines = {
        '{"do": "hello", "backend": "numpy"}': {"pools": []},
        json.dumps({"do": "prepare", "spec": spec, "answer": None}): PREPARED,
        json.dumps({"do": "answer", "spec": spec, "answer": "a.npz"}): {},
        '{"do": "calibrate", "short_s": 0.004, "long_s": 0.02}': {"calls": 3},
        '{"do": "sample", "calls": 3}': {"seconds": 0.1, "cpu_seconds": 0.1},
        '{"do": "forget"}': {},
    }
    for line, answer in lines.items():
        asked = read_request(line)
        assert json.loads(request_line(asked)) == json.loads(line)
        assert json.loads(answer_line(read_answer(json.dumps({"ok": answer}), asked))) == {
            "ok": answer
        }
