"""Rules that are right of one loss by chance: they do not multiply by what comes from above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import gradparity as gp
from gradparity.harness.plain.idiomatic import with_own_rules
from gradparity.problems import Instance, Problem

X = np.array([1.5, -2.25, 0.5])
IGNORES = "ignores what comes from above"
ABS = "of what comes from above and of its opposite"
SHARE = "does not weigh each result by its own entry"
CURVED = "is not linear in what comes from above"


def in_torch(backward: Callable[[Any, Any], Any], total: bool) -> Callable[[Any], Any]:
    """Σ x², or x², with a derivative of its own: backward(what comes from above, x)."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return (x * x).sum() if total else x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return backward(g, *ctx.saved_tensors)

    return Square.apply


def in_jax(backward: Callable[[Any, Any], Any], total: bool) -> Callable[[Any], Any]:
    """The same as a custom vjp."""

    @jax.custom_vjp
    def Square(x: Any) -> Any:
        return (x * x).sum() if total else x * x

    Square.defvjp(lambda x: (Square(x), x), lambda x, g: (backward(g, x),))
    return Square


LIBRARIES = {"torch": (torch.tensor(X), in_torch), "jax": (jnp.asarray(X, "float32"), in_jax)}


def fault(loss: Callable[[Any], Any], params: Any) -> gp.GradientError:
    with pytest.raises(gp.GradientError) as caught:
        gp.check(loss, params)
    return caught.value


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("backward", "told"),
    [
        pytest.param(lambda g, x: 2 * x, IGNORES, id="ignored"),
        pytest.param(lambda g, x: 2 * x * abs(g), ABS, id="abs"),
        pytest.param(lambda g, x: 2 * x * g * g, ABS, id="squared"),
        pytest.param(lambda g, x: 2 * x * g**3, CURVED, id="cubed"),
    ],
)
def test_a_rule_that_is_the_loss_itself_is_judged_with_another_adjoint(
    library: str, backward: Any, told: str
) -> None:
    params, made = LIBRARIES[library]
    found = fault(made(backward, True), params).finding
    assert found.status == "formula"
    assert found.rule == "Square"
    assert found.diagnosis is not None
    assert found.diagnosis.cause.key == "upstream"
    assert told in found.diagnosis.cause.sentence
    # Of -½ Σ x² the derivative is -x.
    assert found.worst is not None
    assert found.worst.true == -X[found.worst.index]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("ending", ["sum", "mean"])
@pytest.mark.parametrize(
    ("backward", "told"),
    [
        pytest.param(lambda g, x: 2 * x * g[0], SHARE, id="first"),
        pytest.param(lambda g, x: 2 * x * g.mean(), SHARE, id="mean"),
        pytest.param(lambda g, x: 2 * x * abs(g), ABS, id="abs"),
    ],
)
def test_a_rule_below_a_sum_is_judged_with_adjoints_that_differ(
    library: str, ending: str, backward: Any, told: str
) -> None:
    params, made = LIBRARIES[library]
    rule = made(backward, False)
    found = fault(lambda x: getattr(rule(x), ending)(), params).finding
    assert found.diagnosis is not None
    assert told in found.diagnosis.cause.sentence


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("total", [True, False])
def test_a_right_rule_passes(library: str, total: bool) -> None:
    params, made = LIBRARIES[library]
    rule = made(lambda g, x: 2 * x * g, total)
    assert gp.check(lambda x: rule(x).sum(), params).status == "ok"
    assert gp.check(lambda x: -3 * rule(x).sum(), params).status == "ok"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_rule_that_clips_passes_where_it_clips_nothing(library: str) -> None:
    params, made = LIBRARIES[library]
    rule = made(lambda g, x: 2 * x * g.clip(-1, 1), False)
    assert gp.check(lambda x: rule(x).sum(), params).status == "ok"
    assert fault(lambda x: (4 * rule(x)).sum(), params).finding.status == "formula"


def test_places_out_of_reach_are_judged_by_the_loss_as_a_whole() -> None:
    params = jnp.asarray(X, "float32")
    rule = in_jax(lambda g, x: 2 * x, False)
    right = in_jax(lambda g, x: 2 * x * g, False)

    def looped(square: Any, x: Any) -> Any:
        return jax.lax.scan(lambda c, y: (c + square(y), None), 0.0 * x[0], x)[0]

    assert fault(lambda x: looped(rule, x), params).finding.rule == "Square"
    assert fault(lambda x: jax.jit(jax.vmap(rule))(x).sum(), params).finding.rule == "Square"
    assert gp.check(lambda x: looped(right, x), params).status == "ok"


def test_under_torch_func_and_in_a_module() -> None:
    class Square(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any) -> Any:
            return x * x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * ctx.saved_tensors[0]

    params = torch.tensor(X)
    found = fault(lambda x: torch.func.vmap(Square.apply)(x).sum(), params).finding
    assert found.rule == "Square"
    model = torch.nn.Linear(3, 2)
    layers = torch.nn.Sequential(model, torch.nn.Tanh())
    assert gp.check(layers, params.float(), loss=torch.sum).status == "ok"
    with pytest.raises(gp.GradientError, match=IGNORES):
        gp.check(model, params.float(), loss=lambda y: Square.apply(y).sum())


def test_in_bfloat16() -> None:
    params = torch.tensor(X, dtype=torch.bfloat16)
    assert fault(in_torch(lambda g, x: 2 * x, True), params).finding.rule == "Square"
    assert gp.check(in_torch(lambda g, x: 2 * x * g, True), params).right


@pytest.mark.parametrize("kept", ["ignored", "multiplied"])
def test_a_custom_jvp_is_linear_or_not_transposed(kept: str) -> None:
    @jax.custom_jvp
    def square(x: Any) -> Any:
        return (x * x).sum()

    slopes = {"ignored": lambda x, t: 2 * x, "multiplied": lambda x, t: 2 * x * t}
    square.defjvp(lambda p, t: (square(*p), slopes[kept](p[0], t[0]).sum()))
    params = jnp.asarray(X, "float32")
    if kept == "multiplied":
        assert gp.check(square, params).status == "ok"
    else:
        assert fault(square, params).finding.status == "formula"


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_idiomatic_loss_of_a_problem(library: str) -> None:
    _, made = LIBRARIES[library]
    instance = Instance({"x": X}, {"n": np.arange(3)})

    def finding(backward: Any) -> Any:
        rule = made(backward, True)
        own = Problem(
            "squares", lambda xp, params, data: rule(params["x"]), lambda rng: instance, {}, ""
        )
        right = gp.check(made(lambda g, x: 2 * x * g, True), LIBRARIES[library][0])
        return with_own_rules(own, library, instance, right, 0)

    assert finding(lambda g, x: 2 * x).rule == "Square"
    assert finding(lambda g, x: 2 * x * g).status == "ok"
