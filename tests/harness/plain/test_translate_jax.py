"""Plain functions of JAX arrays in our own terms: their values, and the tape's gradients of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.plain.from_jax.loss import QUICKLY, translated
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from tests.conftest import everyday

Tree = dict[str, Any]
Plain = Callable[[Tree], Any]

RNG = np.random.default_rng(7)
POINT = {
    "w": RNG.normal(size=(3, 4)),
    "v": RNG.normal(size=(4, 3)),
    "x": RNG.uniform(0.1, 0.9, size=6),
    "s": np.array(0.7),
}
ROWS = RNG.normal(size=(5, 3))
SIGNAL = RNG.normal(size=(2, 3, 7))
IMAGE = RNG.normal(size=(1, 2, 6, 5))
LABELS = np.array([0, 3, 1, 1, 2])


def cross_entropy(p: Tree) -> Any:
    logits = jnp.tanh(jnp.asarray(ROWS) @ p["w"]) * 3
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), LABELS[:, None], axis=1))


def recurrent(p: Tree) -> Any:
    def step(h: Any, row: Any) -> Any:
        new = jnp.tanh(row @ p["w"] + h)
        return new, jnp.sum(new**2)

    h, norms = lax.scan(step, jnp.zeros(4), jnp.asarray(ROWS))
    return jnp.sum(h) + jnp.sum(norms) * p["s"]


def newton(p: Tree) -> Any:
    return lax.while_loop(
        lambda y: jnp.abs(y * y - p["s"]) > 1e-3, lambda y: (y + p["s"] / y) / 2, p["s"]
    )


def written(p: Tree) -> Any:
    out = jnp.zeros((4, 4)).at[1:3, 0].set(p["x"][:2]).at[0].add(p["w"][0])
    return jnp.sum(jnp.sin(out) * jnp.arange(16.0).reshape(4, 4))


def with_cases(p: Tree) -> Any:
    chosen = lax.cond(p["s"] > 0, jnp.sin, jnp.cos, p["x"])
    return jnp.sum(
        lax.switch(jnp.argmax(p["w"][0]), [jnp.exp, jnp.tanh, jnp.square, jnp.sqrt], chosen)
    )


def norm_and_gain(p: Tree) -> Any:
    centred = p["w"] - jnp.mean(p["w"], axis=1, keepdims=True)
    return jnp.sum((centred * lax.rsqrt(jnp.var(p["w"], axis=1, keepdims=True) + 1e-5)) ** 3)


def convolved(p: Tree) -> Any:
    kernel = jnp.reshape(p["w"], (2, 3, 2))
    return jnp.sum(
        jnp.sin(lax.conv_general_dilated(SIGNAL, kernel, (2,), [(1, 2)], rhs_dilation=(2,)))
    )


def convolved_images(p: Tree) -> Any:
    kernel = jnp.reshape(p["v"], (2, 2, 1, 3))
    out = lax.conv_general_dilated(
        jnp.transpose(IMAGE, (0, 2, 3, 1)), kernel, (1, 2), [(1, 0), (2, 1)], lhs_dilation=(2, 1), feature_group_count=2,
        dimension_numbers=("NHWC", "HOIW", "NHWC"),
    )  # fmt: skip
    return jnp.sum(out**2)


def pooled(p: Tree) -> Any:
    largest = lax.reduce_window(p["w"], -jnp.inf, lax.max, (2, 2), (1, 2), "VALID")
    summed = lax.reduce_window(p["w"], 0.0, lax.add, (2, 2), (1, 1), "SAME")
    return jnp.sum(largest**2) + jnp.sum(summed**3)


LOSSES: dict[str, Plain] = {
    "square": lambda p: jnp.sum(p["x"] ** 2),
    "exponentials": lambda p: jnp.sum(jnp.exp(p["x"]) + jnp.expm1(p["x"]) + jnp.exp2(p["x"])),
    "logarithms": lambda p: jnp.sum(jnp.log(p["x"]) * jnp.log1p(p["x"]) + jnp.log2(p["x"]) + jnp.log10(p["x"])),
    "circular": lambda p: jnp.sum(jnp.sin(p["x"]) + jnp.cos(p["x"]) * jnp.tan(p["x"])),
    "inverse circular": lambda p: jnp.sum(jnp.arcsin(p["x"]) + jnp.arccos(p["x"]) ** 2 + jnp.arctan(p["x"])),
    "hyperbolic": lambda p: jnp.sum(jnp.sinh(p["w"]) + jnp.cosh(p["w"]) * jnp.tanh(p["w"])),
    "inverse hyperbolic": lambda p: jnp.sum(jnp.arcsinh(p["w"])) + jnp.sum(jnp.arctanh(p["x"]) + jnp.arccosh(1 + p["x"])),
    "roots": lambda p: jnp.sum(jnp.sqrt(p["x"]) + jnp.cbrt(p["x"] - 0.5) + lax.rsqrt(p["x"])),
    "powers": lambda p: jnp.sum(p["x"] ** 3.5 + p["x"] ** -2 + p["x"] ** p["s"] + 2.0 ** p["x"]),
    "angle": lambda p: jnp.sum(jnp.arctan2(p["w"], p["v"].T) + jnp.hypot(p["w"], p["v"].T)),
    "activations": lambda p: jnp.sum(sum(f(p["w"]) for f in (
        jax.nn.relu, jax.nn.silu, jax.nn.softplus, jax.nn.elu, jax.nn.leaky_relu, jax.nn.sigmoid, jax.nn.gelu,
        jax.nn.log_sigmoid, jax.nn.hard_tanh, jax.nn.relu6, jax.nn.selu, jax.nn.mish))),
    "clipped": lambda p: jnp.sum(jnp.clip(p["w"], -0.5, 0.5) * jnp.maximum(p["w"], p["s"]) + jnp.minimum(p["w"], 0)),
    "chosen": lambda p: jnp.sum(jnp.where((p["w"] > 0) & ~(p["w"] > 1), p["w"] ** 2, -p["w"])),
    "masks as numbers": lambda p: jnp.sum((p["w"] > 0.1) * p["w"] + jnp.sign(p["w"]) * p["w"] + jnp.abs(p["w"])),
    "rounded": lambda p: jnp.sum((p["w"] - jnp.floor(p["w"])) ** 2 + jnp.mod(p["w"], 0.3) + jnp.round(p["w"])),
    "logaddexp": lambda p: jnp.sum(jnp.logaddexp(p["w"], p["v"].T)),
    "logsumexp": lambda p: jnp.sum(jax.nn.logsumexp(p["w"], axis=0) ** 2),
    "softmax": lambda p: jnp.sum(jax.nn.softmax(p["w"]) * p["v"].T),
    "cross entropy": cross_entropy,
    "extremes": lambda p: jnp.sum(jnp.max(p["w"], axis=1) * jnp.min(p["w"], axis=1)) + p["w"][jnp.argmax(p["w"][:, 0]), 1],
    "products of entries": lambda p: jnp.prod(p["x"]) + jnp.sum(jnp.cumprod(p["w"], axis=1)),
    "moments": lambda p: jnp.mean(p["w"]) + jnp.var(p["w"], axis=0, ddof=1).sum() + jnp.std(p["x"]),
    "norms": lambda p: jnp.linalg.norm(p["x"]) + jnp.linalg.norm(p["w"], ord=1) + jnp.linalg.norm(p["w"]),
    "running sums": lambda p: jnp.sum(jnp.cumsum(p["w"], axis=1) ** 2) + jnp.sum(lax.cumsum(p["x"], reverse=True) ** 2),
    "product": lambda p: jnp.sum((p["w"] @ p["v"]) ** 2),
    "trace": lambda p: jnp.trace(p["w"] @ p["v"]) + jnp.vdot(p["x"], p["x"]),
    "einsum": lambda p: jnp.einsum("ij,ji,k->", p["w"], p["v"], p["x"]),
    "batches": lambda p: jnp.sum(jnp.einsum("bij,bkj->bik", SIGNAL[:, :, :4], jnp.stack([p["w"], -p["w"]])) ** 2),
    "vmap": lambda p: jnp.sum(jax.vmap(lambda a, b: jnp.tanh(a @ b))(p["w"], p["v"].T)),
    "shapes": lambda p: jnp.sum(jnp.concatenate([p["w"].reshape(-1), p["x"]])[::-1] * jnp.arange(18.0)) + p["w"].T[1, -1],
    "tiled": lambda p: jnp.sum(jnp.tile(p["x"], 3) * jnp.repeat(p["x"], 3)) + jnp.sum(jnp.roll(p["w"], 1, axis=1) * p["w"]),
    "padded": lambda p: jnp.sum(jnp.pad(p["w"], ((1, 2), (0, 1)), constant_values=2.0) ** 2) + jnp.sum(jnp.triu(p["w"]) ** 2),
    "split": lambda p: sum(jnp.sum(part) ** 2 for part in jnp.split(p["x"], [1, 3])),
    "gathered": lambda p: jnp.sum(p["w"][jnp.array([0, 2, 2]), jnp.array([1, 1, 3])] ** 2) + jnp.sum(p["v"][LABELS] ** 3),
    "diagonal": lambda p: jnp.sum(jnp.diag(p["x"]) @ jnp.sin(p["x"])) + jnp.sum(jnp.diagonal(p["w"]) ** 2),
    "written": written,
    "summed by segment": lambda p: jnp.sum(jax.ops.segment_sum(p["x"], jnp.array([0, 2, 0, 1, 2, 0]), 4) ** 2),
    "updated": lambda p: jnp.sum(lax.dynamic_update_slice(jnp.ones((4, 4)), p["w"], (1, 0)) * p["s"] ** 2) + jnp.sum(p["x"].at[2].multiply(p["s"])),
    "sorted": lambda p: jnp.sum(jnp.sort(p["x"]) * jnp.arange(6.0)) + jnp.median(p["w"]) + lax.top_k(p["x"], 2)[0].sum(),
    "scan": recurrent,
    "while": newton,
    "fori": lambda p: lax.fori_loop(0, 5, lambda i, y: y + jnp.sin(y) * p["x"][i], p["s"]),
    "cond and switch": with_cases,
    "checkpoint": lambda p: jnp.sum(jax.checkpoint(lambda w: jnp.sin(jnp.exp(w)))(p["w"])),
    "jit": lambda p: jax.jit(lambda w: jnp.sum(jnp.tanh(w) ** 2))(p["w"]) * p["s"],
    "normalised": norm_and_gain,
    "convolution": convolved,
    "images": convolved_images,
    "pools": pooled,
    "huber": lambda p: jnp.sum(jnp.where(jnp.abs(p["w"]) < 0.5, p["w"] ** 2 / 2, 0.5 * (jnp.abs(p["w"]) - 0.25))),
    "gradient inside": lambda p: jnp.sum(jax.grad(lambda x: jnp.sum(jnp.tanh(x) ** 2))(p["x"]) ** 2),
    "random features": lambda p: jnp.sum(jax.random.normal(jax.random.key(0), (6,)) * p["x"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_are_the_library_s(name: str) -> None:
    loss = LOSSES[name]
    translation = translated(loss, POINT)
    value, gradient = of_jax(loss)
    np.testing.assert_allclose(translation.loss(NUMPY, POINT, translation.data), value, rtol=1e-13)
    agree(translation.loss, translation.data, gradient)
    extended, work = measured(translation.loss, POINT, translation.data)
    np.testing.assert_allclose(float(extended), value, rtol=1e-13)
    assert work.total > 0


def of_jax(loss: Plain) -> tuple[float, Tree]:
    """JAX's own value and gradient at the point; forward, for a while loop has no reverse mode."""
    with jax.enable_x64(True):
        native = {k: jnp.asarray(x) for k, x in POINT.items()}
        derivative = jax.jacfwd if "while" in str(jax.make_jaxpr(loss)(native)) else jax.grad
        both = jax.jit(lambda p: (loss(p), derivative(loss)(p)), compiler_options=QUICKLY)
        value, gradient = both(native)
    return float(value), {leaf: np.asarray(g) for leaf, g in gradient.items()}


def agree(loss: Any, data: Tree, gradient: Tree, point: Tree = POINT) -> None:
    """The tape's gradient of a translated loss is `gradient`, to 1e-12 of its largest number."""
    _, slopes = value_and_gradient(loss, point, data)
    assert set(slopes) == set(gradient)
    atol = 1e-12 * max(np.max(np.abs(theirs)) for theirs in gradient.values())
    for leaf, theirs in gradient.items():
        np.testing.assert_allclose(slopes[leaf], theirs, rtol=0, atol=atol, err_msg=leaf)


@jax.custom_vjp
def wrong_square(x: Any) -> Any:
    """The square, with a derivative that forgets the factor 2."""
    return x * x


wrong_square.defvjp(lambda x: (x * x, x), lambda x, g: (g * x,))


@jax.custom_jvp
def wrong_sine(x: Any) -> Any:
    """The sine, with the derivative −cos."""
    return jnp.sin(x)


wrong_sine.defjvp(lambda primals, tangents: (jnp.sin(*primals), -jnp.cos(*primals) * tangents[0]))


@pytest.mark.parametrize(
    ("wrong", "value", "slope"),
    [(wrong_square, np.square, lambda x: 2 * x), (wrong_sine, np.sin, np.cos)],
    ids=["custom_vjp", "custom_jvp"],
)
def test_a_wrong_rule_is_not_believed(wrong: Any, value: Any, slope: Any) -> None:
    def loss(p: Tree) -> Any:
        return jnp.sum(wrong(p["w"]) * p["s"])

    translation = translated(loss, POINT)
    w, s = POINT["w"], POINT["s"]
    truth = {"w": slope(w) * s, "s": np.sum(value(w)), "v": 0 * POINT["v"], "x": 0 * POINT["x"]}
    agree(translation.loss, translation.data, truth)
    assert np.max(np.abs(of_jax(loss)[1]["w"] - truth["w"])) > 0.1


def test_what_stop_gradient_stops_is_a_constant() -> None:
    translation = translated(lambda p: jnp.sum(p["x"] * lax.stop_gradient(p["x"])), POINT)
    _, slopes = value_and_gradient(translation.loss, POINT, translation.data)
    np.testing.assert_array_equal(slopes["x"], POINT["x"])


def test_a_mask_is_compared_anew_at_every_point() -> None:
    translation = translated(lambda p: jnp.sum((p["w"] > 0) * p["w"]), POINT)
    elsewhere = {**POINT, "w": -POINT["w"]}
    ours = translation.loss(NUMPY, elsewhere, translation.data)
    np.testing.assert_allclose(ours, np.sum(np.maximum(elsewhere["w"], 0)), rtol=1e-14)


def test_how_counts_the_operations_and_data_hold_what_was_captured() -> None:
    captured = np.arange(6.0)
    translation = translated(lambda p: jnp.sum(p["x"] * captured * 2.5), POINT)
    assert translation.how == "3 JAX operations"
    (held,) = translation.data.values()
    np.testing.assert_array_equal(held, captured)


def branching(i: Any, y: Any) -> Any:
    return lax.cond(i % 2 == 0, lambda y: jnp.sin(y) + 1, lambda y: y * y, y)


REFUSED: dict[str, tuple[Plain, str]] = {
    "zeta": (lambda p: jnp.sum(jax.scipy.special.zeta(2.5, p["x"] ** 2 + 1)), "'zeta'"),
    "callback": (lambda p: jax.pure_callback(lambda x: x, p["s"], p["s"]), "'pure_callback'"),
    "a vector": (lambda p: p["x"] * 2, r"shape \(6,\)"),
    "a pair": (lambda p: (p["s"], p["s"]), "2 arrays"),
    "stopped": (lambda p: lax.stop_gradient(p["s"]), "does not depend"),
    "a branch": (lambda p: p["s"] if p["s"] > 0 else -p["s"], "JAX cannot trace the loss"),
    "a long loop": (lambda p: lax.fori_loop(0, 60_000, lambda i, y: jnp.sin(y) + 1, p["s"]), "makes 120,000 operations"),
    "a long loop with a branch": (lambda p: lax.fori_loop(0, 9000, branching, p["s"]), "a cond within"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_its_reason(name: str) -> None:
    loss, reason = REFUSED[name]
    with pytest.raises(Untranslatable, match=reason):
        translated(loss, POINT)


IDIOMATIC = sorted(name for name, problem in PROBLEMS.items() if "jax" in problem.idiomatic)


@pytest.mark.parametrize("name", everyday(IDIOMATIC))
def test_the_idiomatic_losses_of_the_catalogue(name: str) -> None:
    problem = PROBLEMS[name]
    instance = problem.instance(next(iter(problem.sizes)), 0)

    def loss(p: Tree) -> Any:
        native = {k: jnp.asarray(x) for k, x in instance.data.items()}
        return problem.idiomatic["jax"](None, p, native)  # type: ignore[arg-type]

    translation = translated(loss, instance.params)
    # The portable loss, written independently, by the same tape.
    value, slopes = value_and_gradient(problem.loss, instance.params, instance.data)
    agree(translation.loss, translation.data, slopes, instance.params)
    ours = translation.loss(NUMPY, instance.params, translation.data)
    np.testing.assert_allclose(ours, value, rtol=1e-13)
