"""Loops of a loss in the tape's programs: not unrolled, with all derivatives, at a cost linear in T."""

import jax
import numpy as np
import pytest

from gradparity.backends.jax_transforms.namespace import library as jax_library
from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.programs import cost
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.programs.trace import trace
from gradparity.problems import InputError

jax.config.update("jax_enable_x64", True)


def recurrent(xp, params, data):
    """A recurrent network of four units, with its last state and every output in the loss."""

    def step(h, x):
        h = xp.tanh(params["w"] @ h + x)
        return h, xp.sum(h * h)

    last, ys = xp.scan(step, params["h"], data["x"])
    return xp.mean(ys) + xp.sum(last**3)


def twofold(xp, params, data):
    """A loop in a loop, both of which read what is around them."""

    def outer(c, row):
        def inner(d, v):
            d = xp.sin(d * v) + params["h"][0]
            return d, d * c

        last, inside = xp.scan(inner, c, row)
        return last + xp.sum(params["w"]), xp.sum(inside)

    c, ys = xp.scan(outer, params["h"][1], data["x"])
    return c * xp.sum(ys * ys)


def branching(xp, params, data):
    """A branch in a loop, that goes the other way half of the time."""

    def step(c, x):
        return xp.cond(c[0] > 0.0, lambda c: 0.5 * c - 1.0, lambda c: c * c + x, c), c

    last, ys = xp.scan(step, params["h"], data["x"])
    return xp.sum(last) + xp.sum(ys * ys)


def sparse(xp, params, data):
    """Carries that are a row and a constant, results that are the same in all steps, or of a row."""
    w = params["w"] @ params["w"]

    def step(carry, x):
        c, before, _ = carry
        y = xp.exp(params["w"] @ x)
        return (xp.sin(c) * y + w @ before, x, params["h"]), (w[0], xp.sum(y), before, c * c)

    first = (params["h"], data["x"][0], 2.0 * params["h"])
    (c, before, fixed), (same, of_rows, late, squares) = xp.scan(step, first, data["x"])
    return xp.sum(c + before + fixed) + xp.sum(same) * xp.sum(of_rows) + xp.sum(late * squares)


def batch(xp, params, data):
    """A recurrent network on three cases: its slopes by w are sums of products over all steps."""

    def step(h, x):
        h = xp.tanh(h @ params["w"] + x[None, :] * params["h"])
        return h, xp.sum(h * h, axis=1)

    h, ys = xp.scan(step, xp.stack([params["h"], data["x"][0], -params["h"]]), data["x"])
    return xp.sum(h) + xp.sum(ys**2)


def arguments(steps):
    rng = np.random.default_rng(steps)
    params = {"w": rng.normal(size=(4, 4)) / 3, "h": rng.normal(size=4) / 2}
    data = {"x": rng.normal(size=(steps, 4)) / 2}
    return params, data, {name: rng.normal(size=x.shape) for name, x in params.items()}


def flat(answer):
    parts = answer if isinstance(answer, tuple) else (answer,)
    found = []
    for part in parts:
        rows = part.values() if isinstance(part, dict) else [part]
        found += [np.ravel(x) for x in rows]
    return np.concatenate(found)


@pytest.mark.parametrize("loss", [recurrent, twofold, branching, sparse, batch])
@pytest.mark.parametrize("operator", ["value", "gradient", "jvp", "hvp", "hessian"])
@pytest.mark.parametrize("steps", [1, 5])
def test_a_loop_is_what_it_is_unrolled(loss, operator, steps):
    """Against the same rules on arrays, where Python's loop runs."""
    params, data, direction = arguments(steps)
    given = (params, data, direction)[: 3 if operator in ("jvp", "hvp") else 2]
    eager = {
        "gradient": derivatives.value_and_gradient,
        **{name: getattr(derivatives, name) for name in ("value", "jvp", "hvp", "hessian")},
    }
    wanted = flat(eager[operator](loss, *given))
    found = flat(compile_operator(operator, loss, params, data).run(*given))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


def test_the_gradient_over_many_steps_is_jax_s():
    params, data, _ = arguments(500)

    def loss(params):
        def step(h, x):
            h = jax.numpy.tanh(params["w"] @ h + x)
            return h, jax.numpy.sum(h * h)

        last, ys = jax.lax.scan(step, params["h"], data["x"])
        return jax.numpy.mean(ys) + jax.numpy.sum(last**3)

    wanted = jax.grad(loss)(params)
    _, found = compile_operator("gradient", recurrent, params, data).run(params, data)
    for name in params:
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loop_keeps_the_dtype(dtype):
    params, data, _ = arguments(3)
    params = {name: x.astype(dtype) for name, x in params.items()}
    data = {name: x.astype(dtype) for name, x in data.items()}
    value, found = compile_operator("gradient", recurrent, params, data).run(params, data)
    assert {np.asarray(x).dtype for x in (value, *found.values())} == {np.dtype(dtype)}


def test_a_program_of_ten_thousand_steps_is_as_long_as_one_of_a_thousand():
    """And so is its source, to the form that suits an array; arithmetic and memory grow as T does."""
    given = {t: arguments(t)[:2] for t in (1_000, 10_000)}
    short, long = (simplified(trace("gradient", recurrent, *x)) for x in given.values())
    assert short.operations == long.operations < 60
    assert 9.9 < cost.operations(long) / cost.operations(short) < 10.1
    one, ten = (compile_operator("gradient", recurrent, *x) for x in given.values())
    assert abs(one.source.count("\n") - ten.source.count("\n")) < 5
    assert "for step_number in range(10000):" in ten.source
    # The carries of both loops, the outputs and what is done for all steps at once, but no copy of
    # the weights for a step.
    assert ten.bytes < 4 * 8 * 10_000 * (4 + 1 + 4 + 4 + 4)


def kept(checkpoint):
    def loss(xp, params, data):
        def step(h, x):
            h = xp.tanh(params["w"] @ h + x)
            return h, xp.sum(h * h)

        last, ys = xp.scan(step, params["h"], data["x"], checkpoint=checkpoint)
        return xp.mean(ys) + xp.sum(last**3)

    return loss


@pytest.mark.parametrize(("steps", "checkpoint"), [(6, 2), (7, 3), (5, 4), (4, 9)])
@pytest.mark.parametrize("operator", ["gradient", "hvp"])
def test_checkpoints_change_no_derivative(steps, checkpoint, operator):
    params, data, direction = arguments(steps)
    given = (params, data, direction)[: 3 if operator == "hvp" else 2]
    found = compile_operator(operator, kept(checkpoint), params, data).run(*given)
    wanted = compile_operator(operator, recurrent, params, data).run(*given)
    np.testing.assert_allclose(flat(found), flat(wanted), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("steps", [6, 7])
def test_jax_checkpoints_alike(steps):
    _, xp = jax_library()
    params, data, _ = arguments(steps)
    found = jax.grad(lambda params: kept(3)(xp, params, data))(params)
    wanted = jax.grad(lambda params: recurrent(xp, params, data))(params)
    np.testing.assert_allclose(flat(found), flat(wanted), rtol=1e-12)


def test_checkpoints_save_memory():
    """Of states of 64 numbers: 10,000 of them without, 100 and another 100 with."""

    def loss(checkpoint):
        def called(xp, params, data):
            def step(h, x):
                return xp.sin(h * x), None

            return xp.sum(xp.scan(step, params["h"], data["x"], checkpoint=checkpoint)[0])

        return called

    params, data = {"h": np.ones(64)}, {"x": np.ones(10_000)}
    all_, few = (compile_operator("gradient", loss(k), params, data).bytes for k in (None, 100))
    assert few < all_ / 20


def test_what_a_loop_reads_of_integers():
    rng = np.random.default_rng(3)
    params, data = {"x": rng.normal(size=6)}, {"order": np.array([3, 1, 1, 5])}

    def loss(xp, params, data):
        def step(c, i):
            return c * xp.take(params["x"], i) + 1.0, None

        return xp.scan(step, params["x"][0], data["order"])[0]

    _, found = compile_operator("gradient", loss, params, data).run(params, data)
    _, wanted = derivatives.value_and_gradient(loss, params, data)
    np.testing.assert_allclose(found["x"], wanted["x"], rtol=1e-13)


def test_an_integer_in_the_carry_is_unrolled():
    params, data, _ = arguments(4)

    def loss(xp, params, data):
        def step(carry, x):
            count, h = carry
            return (count + 1, h * x), None

        _, h = xp.scan(step, (0, params["h"]), data["x"])[0]
        return xp.sum(h)

    _, found = compile_operator("gradient", loss, params, data).run(params, data)
    np.testing.assert_allclose(found["h"], np.prod(data["x"], axis=0), rtol=1e-13)


def scanning(f, xs="x", **more):
    return lambda xp, params, data: xp.sum(
        xp.scan(f, params["h"], data[xs] if xs else None, **more)[0]
    )


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (scanning(lambda c, x: (c[:2], None)), "a step of a loop makes float64"),
        (scanning(lambda c, x: (c, None), None), "sequences of one length"),
        (scanning(lambda c, x: (c, None), length=9), "sequences of one length; here: 4, 9"),
        (scanning(lambda c, x: (c, None), None, length=0), "no steps"),
    ],
)
def test_a_loop_that_cannot_be(loss, told):
    params, data, _ = arguments(4)
    with pytest.raises(InputError, match=told):
        compile_operator("gradient", loss, params, data)


def test_the_way_back_does_in_a_step_what_depends_on_the_next():
    """Of tanh(w h + x): the product and its function ahead, the slope's two products of the step."""
    params, data, _ = arguments(50)
    source = compile_operator("gradient", batch, params, data).source
    loops = [part.split("\n\n")[0] for part in source.split("    def step")[1:]]
    steps = [loop.split("return")[0].count("np.") for loop in loops]
    assert source.count("def make_step") == 2
    assert steps[0] <= 5
    assert steps[1] <= 6
    behind = source.split("for step_number2")[1]
    assert behind.count("np.dot") >= 1


def bounded(xp, params, data):
    """Two numbers a step; the logarithm of a negative number from the fourth step on."""

    def step(carry, x):
        c, k = carry
        c = xp.where(x[0] > 2, xp.log(c) / x[1], xp.exp(c * x[1]) / (c + k))
        return (c, k * params["t1"][0] + xp.astype(data["kept_0"], c.dtype)), c * k

    (c, k), ys = xp.scan(step, (params["t1"][1], params["zip"]), data["length"])
    return c + k + xp.sum(ys)


@pytest.mark.parametrize("start", [0.5, -3.0, 800.0])
@pytest.mark.parametrize("steps", [3, 6])
def test_a_loop_on_floats_is_that_on_arrays(start, steps):
    """Where Python raises, and where names are those of the function that is written, too."""
    rng = np.random.default_rng(1)
    params = {"t1": np.array([0.3, start]), "zip": np.array(-0.7)}
    rows = np.stack([np.arange(steps), rng.normal(size=steps)], axis=1)
    rows[:, 1] *= np.arange(steps) != 2
    data = {"length": rows, "kept_0": np.array(2)}
    compiled = compile_operator("gradient", bounded, params, data)
    assert "def loop(" in compiled.source
    with np.errstate(all="ignore"):
        wanted = flat(derivatives.value_and_gradient(bounded, params, data))
        found = flat(compiled.run(params, data))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_loop_of_float32_stays_in_arrays():
    params, data, _ = arguments(20)
    given = [{name: x.astype("float32") for name, x in group.items()} for group in (params, data)]
    assert "def loop(" not in compile_operator("gradient", recurrent, *given).source
