"""`check_grads` beside JAX's own, on right and wrong rules."""

import numpy as np
import pytest

import gradparity as gp
from gradparity import GradientError, InputError

jax = pytest.importorskip("jax")
jax_check_grads = pytest.importorskip("jax.test_util").check_grads
jnp = jax.numpy
X = jnp.asarray([1.0, 2.0, 3.0], dtype="float32")


def backwards(slope):
    """x sin x with a backward rule."""

    @jax.custom_vjp
    def f(x):
        return jnp.sin(x) * x

    f.defvjp(lambda x: (f(x), x), lambda x, g: (g * slope(x),))
    return f


def forwards(slope):
    """x sin x with a forward rule."""

    @jax.custom_jvp
    def f(x):
        return jnp.sin(x) * x

    f.defjvp(lambda primals, tangents: (f(primals[0]), slope(primals[0]) * tangents[0]))
    return f


def right(x):
    return jnp.cos(x) * x + jnp.sin(x)


def slightly(x):
    return jnp.cos(x) * x + jnp.sin(x) * (1 + 1e-6)


def cut(x):
    return jax.lax.stop_gradient(jnp.cos(x)) * x + jnp.sin(x)


def found_by_jax(f, order, modes):
    try:
        with jax.enable_x64(True):
            jax_check_grads(f, (jnp.asarray(np.asarray(X, float)),), order, modes)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("f", "order", "modes"), [(backwards(right), 2, ("rev",)), (forwards(right), 2, ("fwd", "rev"))]
)
def test_a_right_rule(f, order, modes):
    assert not found_by_jax(f, order, modes)
    gp.check_grads(f, (X,), order, modes)


@pytest.mark.parametrize(
    ("f", "order", "modes", "by_jax"),
    [
        (backwards(slightly), 1, ("rev",), False),
        (forwards(slightly), 1, ("fwd",), False),
        (backwards(cut), 2, ("rev",), True),
        (backwards(jnp.cos), 1, ("rev",), True),
    ],
)
def test_a_wrong_rule(f, order, modes, by_jax):
    assert found_by_jax(f, order, modes) == by_jax
    with pytest.raises(GradientError, match=r"gradient is wrong at params\[0\]\["):
        gp.check_grads(f, (X,), order, modes)


def test_the_derivative_of_a_linear_function_reads_no_parameter_and_is_right():
    gp.check_grads(lambda x: 3 * x, (X,), 2, ["rev"])


def test_a_rule_that_is_right_to_the_first_order():
    gp.check_grads(backwards(cut), (X,), 1, ["rev"])


def test_trees_integers_and_every_entry():
    def f(p, n, x):
        return {"y": p["a"] @ p["b"] * x, "z": p["a"] ** n, "n": n}

    point = ({"a": X, "b": 2 * X}, 3, 0.5)
    gp.check_grads(f, point, 1, "rev", every=True)


def test_bad_input_is_one_line():
    with pytest.raises(InputError, match="modes is"):
        gp.check_grads(jnp.sin, (X,), 1, ("forward",))
    with pytest.raises(InputError, match="no argument holds floating numbers"):
        gp.check_grads(lambda n: n, (3,), 1)
    with pytest.raises(InputError, match="the function raises TypeError: dot_general"):
        gp.check_grads(lambda x: x @ jnp.ones(7), (X,), 1)
    with pytest.raises(InputError, match="forward-mode"):
        gp.check_grads(backwards(right), (X,), 1, ("fwd",))
