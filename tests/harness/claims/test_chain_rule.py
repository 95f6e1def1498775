"""Claims 5 to 11: figures by second methods."""

import numpy as np
import pytest

from gradparity.harness.claims.chain_rule import chains, deep, rank, smooth
from gradparity.harness.claims.chain_rule.chains import DEEP, norms
from gradparity.harness.claims.tools.answers import objective
from gradparity.harness.views.network import SmallNetwork
from gradparity.problems import Instance, Problem

NAMES = [one.name for one in DEEP]


@pytest.mark.parametrize("one", DEEP, ids=NAMES)
def test_gradients_by_state_are_the_tapes(one):
    depth, width = 6, 5
    phi, slope = chains.ACTIVATIONS[one.activation]
    network = SmallNetwork(depth, phi, slope, one.branch(depth))
    params, data = chains.drawn(one, depth, width, 3), chains.cases(width, 3)

    def loss(xp, offsets, given):
        # the network again, with an offset added to every state: its gradient is the state's
        a = given["X"]
        for layer in range(1, depth + 1):
            z = a @ given[f"W{layer}"] + given[f"b{layer}"]
            a = network._joined(a, phi(xp, z), given[f"W{layer}"].shape) + offsets[f"o{layer}"]
        return 0.5 * xp.mean(xp.square(a @ given["v"] + given["c"] - given["y"]))

    offsets = {f"o{layer}": np.zeros((16, width)) for layer in range(1, depth + 1)}
    instance = Instance(offsets, {**params, **data})
    problem = Problem("offsets", loss, lambda rng: instance, {"tiny": {}}, "a test")
    by_tape = objective(problem, instance, "tape")
    gradient = by_tape.layout.views(by_tape.gradient(by_tape.layout.flatten(offsets))[1])
    sizes = [np.linalg.norm(gradient[f"o{layer}"]) for layer in range(1, depth + 1)]
    assert norms(one, 3, depth, width).by_state == pytest.approx(sizes, rel=1e-10)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ReLU, He", 1.0), ("ReLU, Xavier", 2.0**-24.5), ("ReLU, variance 16/n", 8.0**24.5)],
)
def test_mean_field_of_relu_is_exact(name, value):
    one = next(one for one in DEEP if one.name == name)
    assert deep.mean_field(one) == pytest.approx(value)


def test_mean_field_of_sigmoids_by_sampling():
    z = np.random.default_rng(0).standard_normal(1_000_000)
    q, factors = 1.0, []
    for _ in range(8):  # q has settled after a few layers: the rest is a power
        s = 1.0 / (1.0 + np.exp(-np.sqrt(q) * z))
        q = np.mean(s**2)
        factors.append(np.mean((s * (1.0 - s)) ** 2))
    total = np.prod(factors[1:]) * factors[-1] ** 42
    assert deep.mean_field(DEEP[0]) == pytest.approx(np.sqrt(total), rel=0.05)


@pytest.mark.parametrize("one", DEEP[4:6], ids=NAMES[4:6])
def test_mean_field_of_residual_branches_by_wide_networks(one):
    found = [norms(one, seed, 20, 192).by_state for seed in range(8)]
    square = np.mean([(states[0] / states[-1]) ** 2 for states in found])
    assert deep.mean_field(one, 20) == pytest.approx(np.sqrt(square), rel=0.1)


@pytest.mark.parametrize("size", [1, 3, 8])
def test_the_gradient_of_a_batch_is_its_outer_products(size):
    one = rank.batch(rank.drawn(0), slice(0, size))
    total = sum(rank.gradient(rank.batch(one, [k]), "tape") for k in range(size)) / size
    assert rank.gradient(one, "numpy") == pytest.approx(total, abs=1e-15)
    assert np.linalg.matrix_rank(total) == size == rank.rank(total)


@pytest.mark.parametrize("kind", list(smooth.BY_HAND))
def test_slopes_by_the_complex_step(kind):
    z = np.linspace(-6.0, 6.0, 41)
    formulas = {
        "softplus": lambda z: np.log1p(np.exp(z)),
        "gelu": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
        "swish": lambda z: z / (1.0 + np.exp(-z)),
    }
    step = formulas[kind](z + 1e-20j).imag / 1e-20
    assert smooth.BY_HAND[kind](z)[1] == pytest.approx(step, rel=1e-12, abs=1e-14)
