"""A training step of every backend: the trajectory of our optimiser, and the laws of the interface."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Answer, Backend, Prepared, Training, TrainingBackend
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find
from gradparity.problems import InputError, Instance
from gradparity.problems.catalogue import PROBLEMS
from tests.backends.steps import apart, followed, made, minibatches, step_of, trajectory
from tests.conftest import copied, same

UPDATES = [name for name in OPTIMIZERS if find(name).kind == "update"]
CONTESTANTS = ("numpy", "tape", "tape-eager", "jax", "torch", "torch-func", "autograd")
COSTLY = ("jax-eager", "torch-compile")
REFERENCES = ("dual", "complex-step")
# Problem -> a rate at which 20 steps stay well-conditioned, and the cases of a batch.
TRAINED = {
    "regression-linear": (1e-2, 16),
    "xor-tanh": (0.1, None),
    "mlp-digits": (1e-2, 32),
    "rosenbrock": (1e-4, None),
    "price-ad-sqrt": (1e-3, None),
}


def available(backend):
    reason = load(backend).unavailable()
    if reason is not None:
        pytest.skip(reason)
    return backend


def combinations():
    """Backend × problem × update; slow where JAX compiles more than a regression.

    torch-compile takes many seconds a case, so that it has few.
    """
    for backend in (*CONTESTANTS, *COSTLY):
        for problem in TRAINED:
            for update in UPDATES:
                quick = backend not in COSTLY and (
                    backend != "jax"
                    or problem == "regression-linear"
                    or (problem, update) == ("xor-tanh", "adam")
                )
                if backend == "torch-compile" and update not in ("adam", "lion"):
                    continue
                marks = () if quick else (pytest.mark.slow,)
                yield pytest.param(backend, problem, update, marks=marks)


@pytest.mark.parametrize(("backend", "problem", "update"), list(combinations()))
def test_every_backend_follows_our_optimizer(backend, problem, update):
    """Same start, same batches, a rate that changes: 20 steps in closed loop."""
    available(backend)
    found, (rate, size) = PROBLEMS[problem], TRAINED[problem]
    instance = found.instance("tiny", 3)
    batches = minibatches(found, instance, 20, size)
    rates = [rate / (1 + k / 10) for k in range(20)]
    if update in ("lion", "langevin"):
        rates = [x / 10 for x in rates]
    if update == "adadelta":  # its own unit is a thousandth of the gradient's root
        rates = [x * 100 for x in rates]
    step = step_of(backend, found, update, {}, Instance(instance.params, batches[0]), seed=5)
    places, _ = trajectory(step, instance.params, batches, rates)
    expected = followed(found, update, {}, instance, batches, rates, seed=5)
    assert all(np.all(np.isfinite(x)) for x in places[-1].values())
    assert apart(places[-1:], [instance.params]) > 1e-5, "nothing moved"
    assert apart(places, expected) < 1e-10


@pytest.mark.parametrize("backend", [*REFERENCES, "finite-difference"])
def test_references_train_with_ours(backend):
    found, instance = PROBLEMS["booth"], PROBLEMS["booth"].instance("tiny", 0)
    batches, rates = [instance.data] * 5, [0.01] * 5
    step = step_of(backend, found, "momentum", {}, instance)
    places, _ = trajectory(step, instance.params, batches, rates)
    expected = followed(found, "momentum", {}, instance, batches, rates)
    assert step.how == "ours"
    # Differences of the loss keep about 12 digits.
    assert apart(places, expected) < (1e-9 if backend == "finite-difference" else 1e-14)


# (update, options, whose optimiser jax takes, whose torch takes)
OPTIONS = [
    ("momentum", {"momentum": 0.5}, "optax", "torch.optim"),
    ("nesterov", {"momentum": 0.0}, "optax", "torch.optim"),
    ("gd", {"weight_decay": 0.1, "clip": 0.05}, "optax", "torch.optim"),
    ("nesterov", {"weight_decay": 0.1, "clip": 0.5}, "optax", "torch.optim"),
    ("adagrad", {}, "ours", "torch.optim"),
    ("adagrad", {"initial": 0.1, "epsilon": 1e-3, "weight_decay": 0.1}, "ours", "torch.optim"),
    ("adagrad", {"initial": 0.1, "epsilon": 1e-3, "epsilon_inside": True}, "optax", "ours"),
    ("rmsprop", {"decay": 0.9, "epsilon": 1e-3}, "optax", "torch.optim"),
    ("rmsprop", {"momentum": 0.8, "weight_decay": 0.1}, "optax", "torch.optim"),
    ("rmsprop", {"momentum": 0.8, "rate_first": True, "initial": 1.0}, "optax", "ours"),
    ("rmsprop", {"epsilon_inside": True, "epsilon": 1e-3}, "optax", "ours"),
    ("rmsprop", {"centered": True, "epsilon": 1e-3}, "ours", "ours"),
    ("adam", {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-3}, "optax", "torch.optim"),
    ("adam", {"epsilon_inside": True, "epsilon": 1e-3}, "optax", "ours"),
    ("adam", {"weight_decay": 0.1, "clip": 0.5}, "optax", "torch.optim"),
    ("adamw", {"weight_decay": 0.3, "clip": 0.5, "beta2": 0.9}, "optax", "torch.optim"),
    ("adamw", {"epsilon_inside": True}, "optax", "ours"),
    ("lion", {"beta1": 0.8, "beta2": 0.9, "weight_decay": 0.3}, "optax", "ours"),
    ("muon", {"momentum": 0.9, "weight_decay": 0.1, "clip": 0.5}, "optax", "ours"),
    ("muon", {"nesterov": False, "iterations": 3, "epsilon": 1e-3}, "optax", "ours"),
    ("nesterov-textbook", {"momentum": 0.5}, "ours", "ours"),
    ("langevin", {"temperature": 0.1, "clip": 0.5}, "ours", "ours"),
]


@pytest.mark.parametrize(("update", "options", "by_jax", "by_torch"), OPTIONS)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_options_mean_the_same_whoever_moves_the_parameters(
    backend, update, options, by_jax, by_torch
):
    found = PROBLEMS["regression-linear"]
    instance = found.instance("tiny", 1)
    batches = minibatches(found, instance, 25, 8)
    rates = [0.02 / (1 + k / 10) for k in range(25)]
    step = step_of(backend, found, update, options, Instance(instance.params, batches[0]))
    places, _ = trajectory(step, instance.params, batches, rates)
    assert step.how == {"jax": by_jax, "torch": by_torch}[backend]
    assert apart(places, followed(found, update, options, instance, batches, rates)) < 1e-12


# Problem, update, rate, marks.
LONG = [
    ("xor-tanh", "momentum", 0.3, ()),
    ("mlp-digits", "adam", 0.01, ()),
    ("xor-tanh", "adam", 0.1, (pytest.mark.slow,)),
    ("xor-tanh", "gd", 0.5, (pytest.mark.slow,)),
    ("mlp-digits", "gd", 0.1, (pytest.mark.slow,)),
    ("mlp-digits", "momentum", 0.03, (pytest.mark.slow,)),
]


@pytest.mark.parametrize(
    ("problem", "update", "rate"), [pytest.param(*case[:3], marks=case[3]) for case in LONG]
)
def test_the_first_hundred_steps_are_the_same(problem, update, rate):
    """numpy, tape, jax and torch, jax and torch with the loss as their users write it."""
    found = PROBLEMS[problem]
    instance = found.instance("tiny", 7)
    size = 32 if problem == "mlp-digits" else None
    batches, rates = minibatches(found, instance, 100, size), [rate] * 100
    runs = {}
    for backend in ("numpy", "tape", "jax", "torch"):
        form = found.idiomatic_for(backend) if backend in found.idiomatic else found
        step = step_of(backend, form, update, {}, Instance(instance.params, batches[0]))
        runs[backend], reports = trajectory(step, instance.params, batches, rates)
        assert reports[-1][0] < 0.8 * reports[0][0], "it did not learn"
    for backend in ("tape", "jax", "torch"):
        assert apart(runs[backend], runs["numpy"]) < 1e-8


def bowl(xp, params, data):
    """½ Σ a θ², of gradient a θ; `idle` is not read."""
    return xp.sum(data["a"] * xp.square(params["theta"])) / 2.0


BOWL, BOWL_AT = made(bowl, {"theta": [3.0, -4.0], "idle": [2.0]}, {"a": np.array([1.0, 2.0])})
ON_BOWLS = (
    *(backend for backend in CONTESTANTS if backend != "numpy"),  # no gradient by hand of a bowl
    pytest.param("jax-eager", marks=pytest.mark.slow),
)


@pytest.mark.parametrize("backend", ON_BOWLS)
def test_descent_in_a_bowl_has_its_closed_form(backend):
    """With weight decay λ the gradient is (a + λ) θ: θ_k = (1 - η (a + λ))^k θ_0.

    A parameter that the loss does not read decays too, by 1 - η λ a step.
    """
    available(backend)
    step = step_of(backend, BOWL, "gd", {"weight_decay": 0.5}, BOWL_AT, norms=True)
    places, reports = trajectory(step, BOWL_AT.params, [BOWL_AT.data] * 10, [0.1] * 10)
    np.testing.assert_allclose(
        places[-1]["theta"], [3 * 0.85**10, -4 * 0.75**10], rtol=1e-14, atol=0
    )
    np.testing.assert_allclose(places[-1]["idle"], [2 * 0.95**10], rtol=1e-14)
    # What is reported is of before the step, without the decay: ½ (9 + 32) and (3, -8).
    assert reports[0][0] == 20.5
    assert reports[0][1] == pytest.approx({"theta": 73**0.5, "idle": 0.0}, rel=1e-15)
    assert list(reports[0][1]) == ["theta", "idle"]


@pytest.mark.parametrize("backend", ON_BOWLS)
def test_adam_first_moves_by_the_rate_and_a_clipped_gradient_has_its_norm(backend):
    """θ_1 = θ_0 - η g/(|g| + ε); clipped at c, θ_1 = θ_0 - η c g/‖g‖."""
    available(backend)
    g = np.array([3.0, -8.0])
    step = step_of(backend, BOWL, "adam", {"epsilon": 1.0}, BOWL_AT)
    (place,), ((_, norms),) = trajectory(step, BOWL_AT.params, [BOWL_AT.data], [0.1])
    np.testing.assert_allclose(
        place["theta"], BOWL_AT.params["theta"] - 0.1 * g / (np.abs(g) + 1), rtol=1e-14
    )
    assert norms == {}, "nobody asked for norms"
    step = step_of(backend, BOWL, "gd", {"clip": 2.0}, BOWL_AT)
    (place,), _ = trajectory(step, BOWL_AT.params, [BOWL_AT.data], [0.1])
    np.testing.assert_allclose(
        place["theta"], BOWL_AT.params["theta"] - 0.2 * g / 73**0.5, rtol=1e-14
    )


@pytest.mark.parametrize("backend", ON_BOWLS)
@pytest.mark.parametrize(
    ("size", "dtype"),
    [(1e-30, "float32"), (1e30, "float32"), (1e-250, "float64"), (1e250, "float64")],
)
def test_norms_neither_vanish_nor_overflow(backend, size, dtype):
    """A gradient of 100 entries of one size has ten times that norm, whose square no float holds."""
    available(backend)
    problem, instance = made(
        lambda xp, p, d: xp.sum(d["a"] * p["x"]), {"x": np.zeros(100)}, {"a": np.full(100, size)}
    )
    step = step_of(backend, problem, "gd", {}, instance, dtype, norms=True)
    _, ((_, norms),) = trajectory(step, instance.params, [instance.data], [1e-3])
    assert norms["x"] == pytest.approx(10 * size, rel=1e-6)


@pytest.mark.parametrize("backend", CONTESTANTS)
@pytest.mark.parametrize("update", ["adam", "lion", "rmsprop"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_laws(backend, update, dtype):
    available(backend)
    engine, calls = load(backend), []
    found = PROBLEMS["regression-logistic" if update == "lion" else "regression-linear"]

    def counted(*arguments):
        calls.append(1)
        return found.loss(*arguments)

    instance = found.instance("tiny", 2)
    before = copied(instance.params), copied(instance.data)
    counting = replace(found, loss=counted)
    step = step_of(backend, counting, update, {"clip": 0.5}, instance, dtype, norms=True)
    batch, state = step.batch(instance.data), step.start(instance.params)
    state, _ = step.run(state, batch, 0.01)
    calls.clear()
    state, first = step.run(state, batch, 0.02)
    assert not (engine.compiled and calls), "a warm run calls the Python loss"
    early = step.params(state)
    kept, reported = copied(early), step.report(first)
    assert all(x.dtype == dtype for x in early.values())
    assert {n: x.shape for n, x in early.items()} == {
        n: x.shape for n, x in instance.params.items()
    }

    state, _ = step.run(state, batch, 0.03)
    assert same(kept, early), "a later step changes parameters given out"
    assert step.report(first) == reported, "a later step changes an earlier report"
    before_writing = step.params(state)
    for array in step.params(state).values():
        array[...] = np.nan  # the caller's own, to write in
    assert same(step.params(state), before_writing)
    assert same(instance.params, before[0]), "the parameters given were changed"
    assert same(instance.data, before[1]), "the data given were changed"

    again, batch = step.start(instance.params), step.batch(instance.data)
    for rate in (0.01, 0.02, 0.03):
        again, _ = step.run(again, batch, rate)
    assert same(step.params(again), step.params(state)), "another start goes elsewhere"


def test_two_states_of_one_step_do_not_mix():
    found, instance = PROBLEMS["xor-tanh"], PROBLEMS["xor-tanh"].instance("tiny", 0)
    step = step_of("numpy", found, "adam", {}, instance)
    batch, alone = step.batch(instance.data), step.start(instance.params)
    for _ in range(3):
        alone, _ = step.run(alone, batch, 0.1)
    one, other = step.start(instance.params), step.start(instance.zeros().params)
    for _ in range(3):
        one, _ = step.run(one, batch, 0.1)
        other, _ = step.run(other, batch, 0.1)
    assert same(step.params(one), step.params(alone))


@pytest.mark.parametrize("backend", ["numpy", "tape"])
def test_float32_is_followed_to_its_own_rounding(backend):
    found, instance = PROBLEMS["mlp-digits"], PROBLEMS["mlp-digits"].instance("tiny", 0)
    batches, rates = [instance.data] * 20, [1e-3] * 20
    narrow = step_of(backend, found, "adam", {}, instance, "float32")
    places, _ = trajectory(narrow, instance.params, batches, rates)
    assert apart(places, followed(found, "adam", {}, instance, batches, rates)) < 1e-4


def test_parameters_in_another_order_than_the_layers():
    """The gradient's one vector is in the order of the layers; the parameters need not be."""
    found, instance = PROBLEMS["xor-tanh"], PROBLEMS["xor-tanh"].instance("tiny", 0)
    turned = replace(instance, params=dict(reversed(instance.params.items())))
    steps = [step_of("numpy", found, "adam", {}, at) for at in (instance, turned)]
    ends = [trajectory(step, instance.params, [instance.data] * 5, [0.1] * 5)[0] for step in steps]
    assert list(ends[1][-1]) == list(turned.params)
    assert apart(ends[1], ends[0]) == 0


class Bare:
    """A user's backend that says nothing of training: it differentiates ½ Σ a θ² by hand."""

    name, distribution, role, compiled = "bare", "numpy", "contestant", False

    def unavailable(self):
        return None

    def unsupported(self, problem, operator):
        return None

    def prepare(self, problem, operator, instance, setting):
        def run(at):
            a, theta = at.data["a"], at.params["theta"]
            slopes = {"theta": a * theta, "idle": np.zeros(1)}
            return Answer(0.5 * np.sum(a * theta**2), slopes)

        return Prepared(lambda at: at, run, lambda answer: answer)


def test_a_backend_that_says_nothing_of_training_trains_with_ours():
    assert isinstance(Bare(), Backend)
    assert not isinstance(Bare(), TrainingBackend)
    step = step_of(Bare(), BOWL, "gd", {}, BOWL_AT)
    places, _ = trajectory(step, BOWL_AT.params, [BOWL_AT.data] * 3, [0.1] * 3)
    assert step.how == "ours"
    np.testing.assert_allclose(places[-1]["theta"], [3 * 0.9**3, -4 * 0.8**3], rtol=1e-14)


def test_a_users_own_gradient_trains():
    problem = replace(
        BOWL,
        gradient=lambda p, d: (
            0.5 * float(np.sum(d["a"] * p["theta"] ** 2)),
            {"theta": d["a"] * p["theta"], "idle": np.zeros(1)},
        ),
    )
    step = step_of("numpy", problem, "gd", {}, BOWL_AT, "float32")
    places, _ = trajectory(step, BOWL_AT.params, [BOWL_AT.data] * 3, [0.1] * 3)
    np.testing.assert_allclose(places[-1]["theta"], [3 * 0.9**3, -4 * 0.8**3], rtol=1e-6)
    assert places[-1]["theta"].dtype == np.float32


def test_langevin_draws_by_the_seed():
    ends = []
    for seed in (1, 1, 2):
        step = step_of("tape", BOWL, "langevin", {}, BOWL_AT, seed=seed)
        ends.append(trajectory(step, BOWL_AT.params, [BOWL_AT.data] * 3, [0.1] * 3)[0][-1])
    assert same(ends[0], ends[1])
    assert not np.array_equal(ends[0]["theta"], ends[2]["theta"])


@pytest.mark.parametrize(
    ("update", "options", "message"),
    [
        ("adam", {"beta_1": 0.9}, "adam has no option 'beta_1'; did you mean 'beta1'"),
        ("momentum", {"momentum": 1.5}, r"momentum must be a number in \[0, 1\), not 1.5"),
        ("adm", {}, "unknown optimizer 'adm'; did you mean 'adam'"),
        ("lbfgs", {}, "cannot be fed gradients"),
    ],
)
def test_a_mistake_is_told_before_any_backend_is_asked(update, options, message):
    with pytest.raises(InputError, match=message):
        Training(update, options)


def test_a_training_has_every_option_and_is_not_changed_by_what_it_was_given():
    given = {"beta1": 0.5}
    training = Training("adam", given)
    given["beta1"] = 2.0
    assert training.options == {
        "weight_decay": 0.0,
        "clip": None,
        "average": None,
        "beta1": 0.5,
        "beta2": 0.999,
        "epsilon": 1e-8,
        "epsilon_inside": False,
    }
