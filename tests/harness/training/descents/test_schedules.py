"""Schedules, against their formulas written out, and what is no schedule."""

import math

import pytest

from gradparity.harness.training.descents.schedules import factors
from gradparity.problems import InputError


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1, 1, 1, 1, 1, 1, 1, 1]),
        ("step:0.5:3", [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
        ("step:0.1:2:warmup=3", [1 / 3, 2 / 3, 1, 1, 1, 0.1, 0.1, 0.01]),
        ("exponential:0.5", [0.5**k for k in range(8)]),
        ("polynomial:2", [(1 - k / 8) ** 2 for k in range(8)]),
        ("polynomial:1:0.2", [0.2 + 0.8 * (1 - k / 8) for k in range(8)]),
        ("constant:warmup=4", [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]),
        # (1 + cos(π k/8))/2 with cos(π/4) = √½ and the half-angle formula for the odd ones.
        (
            "cosine",
            [
                1,
                0.5 + math.sqrt(2 + math.sqrt(2)) / 4,
                0.5 + math.sqrt(2) / 4,
                0.5 + math.sqrt(2 - math.sqrt(2)) / 4,
                0.5,
                0.5 - math.sqrt(2 - math.sqrt(2)) / 4,
                0.5 - math.sqrt(2) / 4,
                0.5 - math.sqrt(2 + math.sqrt(2)) / 4,
            ],
        ),
        # Six steps are left after the warm-up: cos 0, π/6, π/3, π/2, 2π/3, 5π/6.
        (
            "cosine:0.2:warmup=2",
            [0.5, 1]
            + [0.6 + 0.4 * c for c in (1, math.sqrt(3) / 2, 0.5, 0, -0.5, -math.sqrt(3) / 2)],
        ),
    ],
)
def test_factors(schedule, expected):
    factor = factors(schedule, 8)
    assert [factor(k) for k in range(8)] == pytest.approx(expected, abs=1e-15)


def test_a_descent_that_outlasts_its_cosine_stays_at_the_floor():
    assert factors("cosine:0.1", 10)(25) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "name", ["constant", "cosine", "step:0.5:3", "one-cycle", "exponential:0.9"]
)
def test_a_warm_up_longer_than_the_descent_is_refused(name):
    with pytest.raises(InputError, match="a warm-up of 11 steps never ends in a budget of 10"):
        factors(f"{name}:warmup=11", 10)
    assert factors(f"{name}:warmup=10", 10)(9) == 1.0


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ("", "unknown schedule ''; known: constant, step:FACTOR:EVERY, cosine, cosine:FLOOR, "),
        ("cosin", "unknown schedule 'cosin'; known: constant, "),
        ("constant:3", "unknown schedule 'constant:3'; known: "),
        ("step:0.5", "unknown schedule 'step:0.5'; known: "),
        ("step:2:10", "schedule 'step:2:10': FACTOR is '2'; it should be above 0 and at most 1"),
        ("step:0:10", "schedule 'step:0:10': FACTOR is '0'; it should be above 0 and at most 1"),
        ("step:x:10", "schedule 'step:x:10': FACTOR is 'x'; it should be above 0 and at most 1"),
        ("step:.5:0", "schedule 'step:.5:0': EVERY is '0'; it should be a number of steps"),
        ("step:.5:1.5", "schedule 'step:.5:1.5': EVERY is '1.5'; it should be a number of steps"),
        ("cosine:nan", "schedule 'cosine:nan': FLOOR is 'nan'; it should be in 0 ... 1"),
        ("cosine:-1", "schedule 'cosine:-1': FLOOR is '-1'; it should be in 0 ... 1"),
        ("cosine:warmup=-1", "schedule 'cosine:warmup=-1': N is '-1'; it should be a number of "),
        ("cosine:warmup=", "schedule 'cosine:warmup=': N is ''; it should be a number of steps"),
    ],
)
def test_what_is_no_schedule(schedule, text):
    with pytest.raises(InputError) as told:
        factors(schedule, 10)
    assert str(told.value).startswith(text)


@pytest.mark.parametrize("steps", [10, 47, 200])
def test_one_cycle_is_torchs(steps):
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps)
    factor = factors("one-cycle", steps)
    for k in range(steps):
        assert factor(k) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        if k < steps - 1:
            theirs.step()


def test_a_polynomial_is_optaxs():
    import optax

    theirs = optax.polynomial_schedule(1.0, 0.1, power=3, transition_steps=20)
    factor = factors("polynomial:3:0.1", 20)
    for k in range(20):
        assert factor(k) == pytest.approx(float(theirs(k)), rel=1e-5)  # optax counts in float32
