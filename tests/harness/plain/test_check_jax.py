"""`check` on plain JAX losses; a wrong rule inside the loss is found."""

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.problems import InputError

jax = pytest.importorskip("jax")
jnp = jax.numpy
RNG = np.random.default_rng(1)
A = RNG.normal(size=(3, 4)).astype(np.float32)
POINT = {"layers": [{"w": jnp.asarray(A), "b": jnp.zeros(4)}], "scale": jnp.asarray(1.5)}
X = jnp.asarray(RNG.normal(size=(5, 3)), dtype="float32")


def loss(p, x):
    hidden = jnp.tanh(x @ p["layers"][0]["w"] + p["layers"][0]["b"])
    return p["scale"] * jnp.mean(jax.nn.logsumexp(hidden, axis=1))


def test_jax_grad_is_right_in_both_dtypes():
    found = check(loss, POINT, args=(X,))
    assert found.dtypes == ("float64", "float32")
    assert "JAX operations" in found.oracle


def test_a_gradient_by_hand_in_numpy_terms():
    def by_hand(p, sign=1):
        return {"a": sign * 2 * np.asarray(p["a"]), "b": 3 * np.asarray(p["b"]) ** 2}

    def squares(p):
        return jnp.sum(p["a"] ** 2) + p["b"] ** 3

    point = {"a": jnp.asarray(A), "b": 0.5}
    assert check(squares, point, gradient=by_hand).status == "ok"
    with pytest.raises(GradientError, match="gradient is wrong at a"):
        check(squares, point, gradient=lambda p: by_hand(p, sign=-1))


def squared(factor):
    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, g: (factor * x * g,))
    return square


@pytest.mark.parametrize("factor", [1.0, 2.0 + 1e-6])
def test_a_wrong_custom_vjp_is_found(factor):
    square = squared(factor)
    with pytest.raises(GradientError, match="gradient is wrong at params"):
        check(lambda a: jnp.sum(square(a)), jnp.asarray(A))


def test_a_right_rule_is_right():
    square = squared(2.0)
    assert check(lambda a: jnp.sum(square(a)), jnp.asarray(A)).status == "ok"


def test_a_wrong_custom_jvp_is_found():
    @jax.custom_jvp
    def sine(x):
        return jnp.sin(x)

    sine.defjvp(lambda primals, tangents: (sine(primals[0]), -jnp.cos(primals[0]) * tangents[0]))
    with pytest.raises(GradientError, match="gradient is wrong at params"):
        check(lambda a: jnp.sum(sine(a)), jnp.asarray(A))


def test_what_has_no_translation_is_judged_by_differences_in_float64():
    def share(a):
        return jnp.sum(jax.scipy.special.zeta(2.5, a))

    point = jnp.asarray(np.abs(A) + 1)
    found = check(share, point)
    assert "differences of the loss alone, in float64" in found.oracle
    with pytest.raises(GradientError, match="differences of the loss alone"):
        check(share, point, gradient=lambda a: jax.grad(share)(a) * (1 + 1e-6))


def test_the_library_can_be_said():
    assert check(lambda a: jnp.sum(jnp.exp(a)), A, library="jax").status == "ok"


def test_a_loss_outside_its_domain():
    with pytest.raises(InputError, match="the loss is nan at this point"):
        check(lambda a: jnp.sum(jnp.log(a)), jnp.asarray(A))


def test_x64_is_left_as_it_was():
    before = jnp.asarray(np.ones(2)).dtype
    check(loss, POINT, args=(X,))
    assert jnp.asarray(np.ones(2)).dtype == before
