"""Specs: through a line and back, and everything in one that is a mistake."""

import math
from dataclasses import replace

import pytest

from gradparity.harness.messages.descending import BeginDescent
from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.messages.lines import read_request, request_line
from gradparity.harness.training.descents.checks import check, obstacle
from gradparity.harness.training.descents.stopping import Ending
from gradparity.problems import InputError

GOOD = DescentSpec("softmax-digits", backend="tape", optimizer="momentum", rate=0.1, batch=64)

UNTAUGHT = """
import numpy as np
from gradparity import Instance, Problem


def loss(xp, params, data):
    return xp.square(params["x"])


def draw(rng):
    return Instance({"x": np.asarray(rng.normal())}, {})


def slope(params, data):
    x = params["x"]
    return x * x, {"x": 2 * x}


UNTAUGHT = Problem("untaught", loss, draw, {"tiny": {}}, "none", gradient=slope)
"""


def refusal(spec):
    with pytest.raises(InputError) as told:
        check(spec)
    text = str(told.value)
    assert "\n" not in text
    return text


def test_a_spec_survives_its_line():
    spec = replace(
        GOOD,
        options={"momentum": 0.5},
        budget=Budget(steps=5, target_share=0.1, plateau=3),
        file="mine.py",
        measure_time=True,
        norms=False,
    )
    assert read_request(request_line(BeginDescent(spec))) == BeginDescent(spec)


@pytest.mark.parametrize("batch", [1, 64, None])
def test_good_specs_pass(batch):
    check(replace(GOOD, batch=batch))
    check(replace(GOOD, batch=batch, rate=None, schedule="cosine:0.1:warmup=10"))


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan, math.inf])
def test_rates_that_are_none(rate):
    text = refusal(replace(GOOD, rate=rate))
    assert text == f"rate {rate:g}: a rate is a positive number; 0.01 is usual"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"batch": 65}, "batch 65: softmax-digits (tiny) has 64 cases; a batch has 1 ... 64"),
        ({"batch": 0}, "batch 0: softmax-digits (tiny) has 64 cases; a batch has 1 ... 64"),
        ({"batch": -3}, "batch -3: softmax-digits (tiny) has 64 cases; a batch has 1 ... 64"),
        (
            {"problem": "rosenbrock", "batch": 4},
            "rosenbrock is no mean over cases: it has no batches",
        ),
        (
            {"optimizer": "lbfgs", "rate": None},
            "lbfgs is a search, which compares losses: it takes all cases, no batch",
        ),
        (
            {"optimizer": "lbfgs", "batch": None},
            "lbfgs has no rate: it finds the length of a step itself",
        ),
        ({"optimizer": "momentun"}, "unknown optimizer 'momentun'; did you mean 'momentum'?"),
        (
            {"options": {"momentun": 0.5}},
            "momentum has no option 'momentun'; did you mean 'momentum'? it has: weight_decay, "
            "clip, average, momentum",
        ),
        ({"options": {"momentum": 1.5}}, "momentum: momentum must be a number in [0, 1), not 1.5"),
        ({"backend": "trch"}, "unknown backend 'trch'; did you mean 'torch'?"),
        ({"problem": "softmax-digit"}, "unknown problem 'softmax-digit'; did you mean"),
        ({"size": "huge"}, "softmax-digits has no size 'huge'; it has: tiny, small, medium, large"),
        ({"dtype": "float16"}, "unknown dtype 'float16'; did you mean 'float"),
        ({"variant": "idiom"}, "unknown variant 'idiom'; did you mean 'idiomatic'?"),
        (
            {"variant": "idiomatic"},
            "softmax-digits states no idiomatic loss for tape; it does for torch, jax",
        ),
        ({"schedule": "linear"}, "unknown schedule 'linear'; known: constant, step:FACTOR:EVERY"),
    ],
)
def test_mistakes(changes, text):
    assert refusal(replace(GOOD, **changes)).startswith(text)


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        ({"steps": 0}, "budget of 0 steps: it should be at least 1"),
        ({"seconds": -1.0}, "seconds -1: it should be a positive number"),
        ({"seconds": math.nan}, "seconds nan: it should be a positive number"),
        ({"target": math.nan}, "target nan: it should be a loss, a finite number"),
        ({"target_share": 0.0}, "share 0 of the way: it should lie between 0 and 1"),
        ({"target_share": 1.5}, "share 1.5 of the way: it should lie between 0 and 1"),
        ({"gradient_norm": 0.0}, "gradient norm 0: it should be a positive number"),
        ({"plateau": 0}, "plateau of 0 steps: it should be at least 1"),
    ],
)
def test_budgets_without_sense(budget, text):
    assert refusal(replace(GOOD, budget=Budget(**budget))) == text


def test_a_share_of_the_way_needs_to_know_where_it_ends():
    spec = DescentSpec("saddle", optimizer="gd", budget=Budget(target_share=0.1))
    assert refusal(spec).endswith("this problem has none: give a target, which is a loss")
    check(replace(spec, problem="himmelblau"))


def test_a_search_that_needs_what_nobody_has(tmp_path):
    """A second derivative can always be had, by the tape or by differences; residuals cannot."""
    file = tmp_path / "untaught.py"
    file.write_text(UNTAUGHT)
    spec = DescentSpec("untaught", file=str(file), optimizer="gauss-newton")
    assert refusal(spec).startswith("gauss-newton needs jacobian: ")
    assert obstacle(spec).status == "unsupported"
    assert obstacle(replace(spec, backend="tape")).status == "unsupported"
    assert obstacle(replace(spec, optimizer="trust-region")) is None
    assert obstacle(replace(spec, optimizer="lbfgs")) is None


def test_an_obstacle_is_told_apart_from_a_mistake(monkeypatch):
    class Absent:
        name = "absent"

        def unavailable(self):
            return "absent is not installed; type: pip install absent"

    monkeypatch.setattr("gradparity.harness.training.descents.checks.load", lambda name: Absent())
    spec = replace(GOOD, backend="absent")
    assert obstacle(spec) == Ending("unavailable", Absent().unavailable())
    assert refusal(spec) == Absent().unavailable()
