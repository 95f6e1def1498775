"""Our updates against torch.optim and optax: the same gradients fed to both, 1000 steps, float64."""

from contextlib import contextmanager

import numpy as np
import pytest

from gradparity.backends.optimizers import training
from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find
from gradparity.backends.optimizers.training import Training, start_update
from gradparity.backends.optimizers.updates.muon import orthogonal
from gradparity.problems.layout import Layout

STEPS, SIZE = 1000, 12
BOUND = 1e-12


# A changing rate asks more, and is what every test run looks at.
BOTH = pytest.mark.parametrize(
    "changing",
    [pytest.param(True, id="changing"), pytest.param(False, id="constant", marks=pytest.mark.slow)],
)


def gradients(seed=5):
    """(STEPS, SIZE): noise around a drift, of size 1e-3 to 1e3, and an entry that is now and then 0."""
    rng = np.random.default_rng(seed)
    scale = np.logspace(-3, 3, SIZE)
    g = scale * (rng.normal(size=(STEPS, SIZE)) + rng.normal(size=SIZE))
    g[rng.uniform(size=STEPS) < 0.3, 4] = 0.0
    return g


def start():
    return np.random.default_rng(8).normal(size=SIZE)


def rates(eta, changing):
    """A rate for every step: constant, or falling to a tenth."""
    return np.geomspace(eta, 0.1 * eta, STEPS) if changing else np.full(STEPS, eta)


def ours(name, options, etas):
    theta = start()
    update = start_update(Training(name, options), theta)
    path = []
    for gradient, rate in zip(gradients(), etas, strict=True):
        update(theta, gradient, float(rate))
        path.append(theta.copy())
    return np.array(path)


@contextmanager
def in_default_dtype(dtype):
    """torch's default dtype, in which an optimiser keeps its own numbers (NAdam its product M)."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def torchs(kind, options, etas):
    import torch

    parameter = torch.nn.Parameter(torch.tensor(start()))
    optimizer = getattr(torch.optim, kind)([parameter], **options, foreach=False)
    path = []
    for gradient, rate in zip(gradients(), etas, strict=True):
        parameter.grad = torch.tensor(gradient)
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    return np.array(path)


def optaxs(transformation, etas):
    """transformation(rate schedule) -> the path, by one jitted loop."""
    import jax
    import optax

    with jax.enable_x64(True):
        table = jax.numpy.asarray(etas)
        optimizer = transformation(lambda count: table[count])

        def step(carry, gradient):
            theta, state = carry
            moved, state = optimizer.update(gradient, state, theta)
            theta = optax.apply_updates(theta, moved)
            return (theta, state), theta

        theta = jax.numpy.asarray(start())
        run = jax.jit(lambda g: jax.lax.scan(step, (theta, optimizer.init(theta)), g))
        return np.asarray(run(jax.numpy.asarray(gradients()))[1])


def parted(path, other):
    """By how much two paths differ, relative to the size that each entry has reached by then."""
    size = np.maximum(1.0, np.maximum.accumulate(np.abs(other)))
    return np.max(np.abs(path - other) / size)


TORCH = [
    ("gd", {}, "SGD", {}),
    ("gd", {"weight_decay": 0.02}, "SGD", {"weight_decay": 0.02}),
    ("momentum", {}, "SGD", {"momentum": 0.9}),
    ("momentum", {"momentum": 0.5, "weight_decay": 0.1}, "SGD", {"momentum": 0.5, "weight_decay": 0.1}),
    ("nesterov", {}, "SGD", {"momentum": 0.9, "nesterov": True}),
    ("nesterov", {"momentum": 0.6, "weight_decay": 0.01}, "SGD", {"momentum": 0.6, "nesterov": True, "weight_decay": 0.01}),
    ("adagrad", {}, "Adagrad", {}),
    ("adagrad", {"initial": 0.3, "epsilon": 1e-4, "weight_decay": 0.1}, "Adagrad", {"initial_accumulator_value": 0.3, "eps": 1e-4, "weight_decay": 0.1}),
    ("rmsprop", {}, "RMSprop", {}),
    ("rmsprop", {"centered": True}, "RMSprop", {"centered": True}),
    ("rmsprop", {"momentum": 0.9, "weight_decay": 0.01}, "RMSprop", {"momentum": 0.9, "weight_decay": 0.01}),
    ("rmsprop", {"centered": True, "momentum": 0.7, "decay": 0.9, "epsilon": 1e-3}, "RMSprop", {"centered": True, "momentum": 0.7, "alpha": 0.9, "eps": 1e-3}),
    ("adam", {}, "Adam", {}),
    ("adam", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "weight_decay": 0.1}, "Adam", {"betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("adam", {"beta1": 0.0}, "Adam", {"betas": (0.0, 0.999)}),
    ("adadelta", {}, "Adadelta", {}),
    ("adadelta", {"decay": 0.7, "epsilon": 1e-3, "weight_decay": 0.1}, "Adadelta", {"rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}),
    ("amsgrad", {}, "Adam", {"amsgrad": True}),
    ("amsgrad", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "weight_decay": 0.1}, "Adam", {"amsgrad": True, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("nadam", {}, "NAdam", {}),
    ("nadam", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "momentum_decay": 0.1}, "NAdam", {"betas": (0.5, 0.9), "eps": 1e-3, "momentum_decay": 0.1}),
    ("adamw", {}, "AdamW", {}),
    ("adamw", {"weight_decay": 0.3}, "AdamW", {"weight_decay": 0.3}),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("name", "options", "kind", "theirs"), TORCH)
def test_as_torch(name, options, kind, theirs, changing):
    import torch

    etas = rates(find(name).rate, changing)
    with in_default_dtype(torch.float64):
        path = torchs(kind, theirs, etas)
    assert parted(ours(name, options, etas), path) <= BOUND


def test_torch_multiplies_nadams_momenta_in_its_default_dtype():
    """All that NAdams differ by is the rounding of M: with float32 there, and float64, each as told."""
    import torch

    etas = rates(2e-3, True)
    with in_default_dtype(torch.float32):
        single = torchs("NAdam", {}, etas)
    assert parted(ours("nadam", {}, etas), single) > 10 * BOUND
    assert parted(nadam_with(np.float32, etas), single) <= BOUND
    assert parted(nadam_with(np.float64, etas), ours("nadam", {}, etas)) <= BOUND


def nadam_with(dtype, etas):
    """NAdam by its equations, with the product M of momenta in this dtype."""
    theta, m, v, product = start(), np.zeros(SIZE), np.zeros(SIZE), dtype(1.0)
    mu = [0.9 * (1.0 - 0.5 * 0.96 ** (t * 4e-3)) for t in range(STEPS + 2)]
    path = []
    for t, (g, rate) in enumerate(zip(gradients(), etas, strict=True), 1):
        product = dtype(product * dtype(mu[t]))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        ahead = mu[t + 1] / (1.0 - float(product) * mu[t + 1]) * m
        step = (1.0 - mu[t]) / (1.0 - float(product)) * g + ahead
        theta = theta - rate * step / (np.sqrt(v / (1.0 - 0.999**t)) + 1e-8)
        path.append(theta)
    return np.array(path)


def chain(*parts):
    import optax

    return optax.chain(*parts)


OPTAX = [
    ("gd", {}, lambda o, eta: o.sgd(eta)),
    ("gd", {"clip": 20.0}, lambda o, eta: chain(o.clip_by_global_norm(20.0), o.sgd(eta))),
    ("momentum", {}, lambda o, eta: o.sgd(eta, momentum=0.9)),
    ("momentum", {"clip": 2.0, "weight_decay": 0.1}, lambda o, eta: chain(o.clip_by_global_norm(2.0), o.add_decayed_weights(0.1), o.sgd(eta, momentum=0.9))),
    ("nesterov", {}, lambda o, eta: o.sgd(eta, momentum=0.9, nesterov=True)),
    ("adagrad", {"initial": 0.1, "epsilon": 1e-7, "epsilon_inside": True}, lambda o, eta: o.adagrad(eta)),
    ("adagrad", {"initial": 0.2, "epsilon": 1e-3, "epsilon_inside": True}, lambda o, eta: o.adagrad(eta, 0.2, 1e-3)),
    ("rmsprop", {"decay": 0.9, "epsilon_inside": True}, lambda o, eta: o.rmsprop(eta)),
    ("rmsprop", {"decay": 0.9}, lambda o, eta: o.rmsprop(eta, eps_in_sqrt=False)),
    ("rmsprop", {"decay": 0.9, "epsilon_inside": True, "centered": True, "initial": 0.5}, lambda o, eta: o.rmsprop(eta, centered=True, initial_scale=0.5)),
    ("rmsprop", {"decay": 0.9, "epsilon_inside": True, "momentum": 0.9, "rate_first": True}, lambda o, eta: o.rmsprop(eta, momentum=0.9)),
    ("adadelta", {}, lambda o, eta: o.adadelta(eta)),
    ("adam", {}, lambda o, eta: o.adam(eta)),
    ("adam", {"epsilon": 1e-4, "epsilon_inside": True}, lambda o, eta: o.adam(eta, eps=0.0, eps_root=1e-4)),
    ("adam", {"clip": 5.0, "weight_decay": 0.01}, lambda o, eta: chain(o.clip_by_global_norm(5.0), o.add_decayed_weights(0.01), o.adam(eta))),
    ("adamw", {"weight_decay": 1e-4}, lambda o, eta: o.adamw(eta)),
    ("adamw", {"weight_decay": 0.1, "beta1": 0.8}, lambda o, eta: o.adamw(eta, b1=0.8, weight_decay=0.1)),
    ("lion", {"weight_decay": 1e-3}, lambda o, eta: o.lion(eta)),
    ("lion", {"beta1": 0.8, "beta2": 0.95}, lambda o, eta: o.lion(eta, 0.8, 0.95, weight_decay=0.0)),
    ("lion", {"clip": 1.0}, lambda o, eta: chain(o.clip_by_global_norm(1.0), o.lion(eta, weight_decay=0.0))),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("name", "options", "theirs"), OPTAX)
def test_as_optax(name, options, theirs, changing):
    import optax

    etas = rates(find(name).rate, changing)
    path = optaxs(lambda schedule: theirs(optax, schedule), etas)
    assert parted(ours(name, options, etas), path) <= BOUND


SHAPES = {"wide": (2, 3), "column": (3, 1), "bias": (2,), "scale": ()}
MUON = [
    ({}, {}),
    ({"nesterov": False, "momentum": 0.8}, {"nesterov": False, "beta": 0.8}),
    ({"weight_decay": 0.1, "iterations": 3}, {"weight_decay": 0.1, "adam_weight_decay": 0.1, "ns_steps": 3}),
    ({"epsilon": 1e-3, "beta1": 0.5, "beta2": 0.9}, {"eps": 1e-3, "adam_b1": 0.5, "adam_b2": 0.9}),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("options", "theirs"), MUON)
def test_muon_is_optaxs(options, theirs, changing):
    """Matrices wider and taller than a square, and what is no matrix."""
    import jax
    import optax

    layout = Layout.of({name: np.zeros(shape) for name, shape in SHAPES.items()})
    assert layout.size == SIZE
    etas = rates(0.02, changing)
    theta, path = start(), []
    update = start_update(Training("muon", options), theta, layout.shapes)
    for gradient, rate in zip(gradients(), etas, strict=True):
        update(theta, gradient, float(rate))
        path.append(theta.copy())
    with jax.enable_x64(True):
        table = jax.numpy.asarray(etas)
        optimizer = optax.contrib.muon(lambda count: table[count], **theirs)

        def step(carry, gradient):
            params, state = carry
            moved, state = optimizer.update(layout.views(gradient), state, params)
            params = optax.apply_updates(params, moved)
            flat = [params[name].reshape(-1) for name in layout.names]
            return (params, state), jax.numpy.concatenate(flat)

        params = layout.views(jax.numpy.asarray(start()))
        run = jax.jit(lambda g: jax.lax.scan(step, (params, optimizer.init(params)), g))
        other = np.asarray(run(jax.numpy.asarray(gradients()))[1])
    assert parted(np.array(path), other) <= 1e-11


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (1, 4)])
def test_muons_matrices_are_nearly_orthogonal(shape):
    """Its singular vectors are u's, its singular values are near 1 (the source says 0.7 to 1.2)."""
    u = np.random.default_rng(3).normal(size=shape) * 1e3
    left, sizes, right = np.linalg.svd(u, full_matrices=False)
    turned = left.T @ orthogonal(u) @ right.T
    assert np.abs(turned - np.diag(np.diag(turned))).max() < 1e-10
    wanted = sizes / np.linalg.norm(u)
    for _ in range(5):  # what the iteration does to a singular value
        wanted = 3.4445 * wanted - 4.7750 * wanted**3 + 2.0315 * wanted**5
    assert np.diag(turned) == pytest.approx(wanted, rel=1e-9)
    assert np.all((np.diag(turned) > 0.6) & (np.diag(turned) < 1.25))


def test_rmsprop_orders_part_where_the_rate_changes():
    """The reason for the option: equal at a constant rate, another method at a changing one."""
    options = {"momentum": 0.9}
    for changing in (False, True):
        etas = rates(1e-2, changing)
        last = ours("rmsprop", options, etas)
        first = ours("rmsprop", options | {"rate_first": True}, etas)
        assert (parted(last, first) > 1e-3) == changing


# Langevin's noise is drawn block by block: the same stream, spread in another order.
ENTRYWISE = [
    name
    for name in OPTIMIZERS
    if find(name).kind == "update" and name != "langevin" and not find(name).shaped
]


@pytest.mark.parametrize("name", ENTRYWISE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_change_nothing(name, dtype, monkeypatch):
    """A long vector is worked on in blocks; the answer is bitwise that of the whole."""
    paths = []
    for long in (10**6, 10):
        monkeypatch.setattr(training, "LONG", long)
        monkeypatch.setattr(training, "BLOCK", 7)
        theta = start().astype(dtype)
        update = start_update(Training(name, {"clip": 3.0}, 1), theta)
        for gradient in gradients()[:50]:
            update(theta, gradient.astype(dtype), 1e-2)
        assert theta.dtype == dtype
        paths.append(theta)
    assert np.array_equal(*paths)
    assert not np.array_equal(paths[0], start().astype(dtype))
