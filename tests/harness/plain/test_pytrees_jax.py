"""JAX losses of registered classes, of literals as operands, and of NumPy scalars."""

import dataclasses

import numpy as np
import pytest

from gradparity import GradientError, check

jax = pytest.importorskip("jax")
jnp, lax = jax.numpy, jax.lax
RNG = np.random.default_rng(5)
X = jnp.asarray(RNG.normal(size=(8, 5)), dtype="float32")
W = jnp.asarray(RNG.normal(size=(5, 3)), dtype="float32")
S = jnp.asarray(1.25)


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Linear:
    """As flax.struct.dataclass makes it."""

    w: jax.Array
    b: jax.Array


@jax.tree_util.register_pytree_with_keys_class
class Activated:
    """As equinox makes a module: its activation is a leaf beside the arrays."""

    def __init__(self, linear, act, count):
        self.linear, self.act, self.count = linear, act, count

    def tree_flatten_with_keys(self):
        key = jax.tree_util.GetAttrKey
        names = ("linear", "act", "count")
        return [(key(name), getattr(self, name)) for name in names], None

    @classmethod
    def tree_unflatten(cls, _, children):
        return cls(*children)

    def __call__(self, x):
        return self.act(x @ self.linear.w + self.linear.b)


def test_a_registered_dataclass():
    found = check(lambda m: jnp.tanh(X @ m.w + m.b).sum(), Linear(W, jnp.zeros(3)))
    assert found.status == "ok"
    assert found.worst.parameter in ("w", "b", "")


def test_a_module_whose_activation_is_a_leaf():
    model = {"layers": [Activated(Linear(W, jnp.ones(3)), jax.nn.softplus, 3)]}
    assert check(lambda m: m["layers"][0](X).sum(), model).status == "ok"

    def by_hand(m):
        linear = m["layers"][0].linear
        slope = jax.nn.sigmoid(X @ linear.w + linear.b)
        layer = Activated(Linear(X.T @ slope, 2 * slope.sum(axis=0)), None, 0)
        return {"layers": [layer]}

    with pytest.raises(GradientError, match=r"gradient is wrong at layers\[0\].linear.b"):
        check(lambda m: m["layers"][0](X).sum(), model, gradient=by_hand)


def test_a_dataclass_of_numpy_arrays():
    @dataclasses.dataclass(frozen=True)
    class Line:
        slope: float
        start: np.ndarray

    def loss(line):
        return np.sum((line.slope * np.arange(3.0) + line.start) ** 2)

    def by_hand(line):
        r = line.slope * np.arange(3.0) + line.start
        return Line(2 * r @ np.arange(3.0), 2 * r)

    assert check(loss, Line(1.5, np.ones(3)), gradient=by_hand).status == "ok"


LITERALS = {
    "a matrix": (lambda p: jnp.dot(2.0, p).sum(), W),
    "two scalars": (lambda p: jnp.dot(p, 2.0), S),
    "tensordot": (lambda p: jnp.tensordot(p, 2.0, axes=0).sum(), W),
    "einsum": (lambda p: jnp.einsum(",ij->ij", 2.0, p).sum(), W),
    "vmap": (lambda p: jax.vmap(lambda row: jnp.dot(row, 2.0))(p).sum(), W),
    "checkpoint": (lambda p: jax.checkpoint(lambda z: jnp.dot(z, 2.0))(p).sum(), W),
    "a NumPy scalar": (lambda p: jnp.dot(np.float32(2), p).sum() * np.sqrt(5), W),
}


@pytest.mark.parametrize("name", LITERALS)
def test_a_literal_as_operand_of_a_product(name):
    loss, point = LITERALS[name]
    assert check(loss, point).status == "ok"


def test_a_convolution_with_float32_data_is_judged_in_float32():
    rng = np.random.default_rng(6)
    image = jnp.asarray(rng.normal(size=(2, 3, 8, 8)), dtype="float32")
    kernel = jnp.asarray(rng.normal(size=(4, 3, 3, 3)), dtype="float32")
    found = check(lambda k: (lax.conv(image, k, (1, 1), "SAME") ** 2).mean(), kernel)
    assert found.status == "ok"
    assert found.dtypes == ("float32",)
