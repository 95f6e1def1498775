"""Schedules, against their formulas written out, and what is no schedule."""

import math

import numpy as np
import pytest

from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents.descent import RunningDescent
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
        ("plateau:0.5", "unknown schedule 'plateau:0.5'; known: "),
        (
            "plateau:0.5:0",
            "schedule 'plateau:0.5:0': PATIENCE is '0'; it should be a number of steps",
        ),
        (
            "plateau:2:3",
            "schedule 'plateau:2:3': FACTOR is '2'; it should be above 0 and at most 1",
        ),
        ("plateau:.5:3:2", "schedule 'plateau:.5:3:2': FLOOR is '2'; it should be in 0 ... 1"),
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


def falling(seed, count=400):
    """Losses that fall, slowly and noisily, to a plateau, and now and then by less than 1e-4."""
    rng = np.random.default_rng(seed)
    return np.exp(-np.arange(count) / 60) + 0.1 + 0.02 * rng.exponential(size=count)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("share", "patience", "floor"), [(0.5, 10, 0.0), (0.1, 3, 0.02), (0.9, 1, 0.3)]
)
def test_a_plateau_is_torchs_and_optaxs(seed, share, patience, floor):
    import jax
    import optax
    import torch

    losses = falling(seed)
    factor = factors(f"plateau:{share}:{patience}:{floor}", len(losses))
    found = [factor(k, losses[k - 1] if k else math.nan) for k in range(len(losses))]

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reduce = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=share, patience=patience, min_lr=floor, eps=0.0
    )
    torchs = [1.0]
    for loss in losses[:-1]:
        reduce.step(loss)
        torchs.append(optimizer.param_groups[0]["lr"])
    assert found == pytest.approx(torchs, rel=1e-12)
    assert found[-1] < 1.0

    with jax.enable_x64(True):
        plateau = optax.contrib.reduce_on_plateau(share, patience + 1, min_scale=floor)
        one = jax.numpy.ones(())

        def told(state, loss):
            state = plateau.update(one, state, value=loss)[1]
            return state, state.scale

        scales = jax.lax.scan(told, plateau.init(one), jax.numpy.asarray(losses[:-1]))[1]
    assert found == pytest.approx([1.0, *np.asarray(scales)], rel=1e-12)


def test_a_plateau_is_one_below_0_as_well():
    """Theirs takes a loss that stays at -1 for one that always falls: -1 < -1 (1 - 1e-4)."""
    factor = factors("plateau:0.5:3", 20)
    assert [factor(k, -1.0) for k in range(20)][5::4] == [0.5, 0.25, 0.125, 0.0625]


PARABOLA = """
import numpy as np
from gradparity import Instance, Problem

PARABOLA = Problem(
    "parabola",
    lambda xp, params, data: xp.square(params["x"]),
    lambda rng: Instance({"x": np.asarray(rng.uniform(1.0, 2.0))}, {}),
    {"tiny": {}},
    "none",
)
"""


def test_a_descent_tells_its_plateau_what_it_sees(tmp_path):
    """Descent on x² at rate 1 goes from x to -x for ever; at half the rate it is at 0 at once."""
    file = tmp_path / "parabola.py"
    file.write_text(PARABOLA)
    spec = DescentSpec(
        "parabola",
        file=str(file),
        backend="tape",
        optimizer="gd",
        rate=1.0,
        schedule="plateau:0.5:3",
        budget=Budget(steps=8),
    )
    made = RunningDescent(spec)
    while not made.advance(1.0):
        pass
    losses = made.descent().history.losses
    # The first loss is the best, the four after it are no better: more than 3, so step 5 is halved.
    assert losses[0] > 0
    assert list(losses[:6]) == [losses[0]] * 6
    assert losses[6] == 0.0
