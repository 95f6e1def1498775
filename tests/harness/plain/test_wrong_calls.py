"""Wrong calls of the public names: one line of the package's own, that names the argument."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import gradparity as gp

X = np.ones(3)
T = torch.ones(2, requires_grad=True)


def loss(p):
    return (p**2).sum()


def gradient(p):
    return 2 * p


def _drawn(rng):
    return gp.Instance({"w": X}, {})


WRONG = {
    "run: targets is 3, should be a text": lambda: gp.run(3),
    "run: targets is None": lambda: gp.run(None),
    "run: rounds is 'x', should be a whole number": lambda: gp.run("booth", rounds="x"),
    "run: timeout_s is 'x', should be a number": lambda: gp.run("booth", timeout_s="x"),
    "run: threads is True": lambda: gp.run("booth", threads=True),
    "run: backends is 3, should be a list of texts": lambda: gp.run("booth", backends=3),
    "run: size is called sizes here; write that": lambda: gp.run("booth", size="tiny"),
    "unknown option 'sises'; did you mean 'sizes'": lambda: gp.run("booth", sises="tiny"),
    "run: store is 3": lambda: gp.run("booth", store=3),
    "run: progress is 3": lambda: gp.run("booth", progress=3),
    "train: targets is None": lambda: gp.train(None),
    "train: rates is None": lambda: gp.train("booth", rates=None),
    "train: rates is a list": lambda: gp.train("booth", rates=["x"]),
    "train: seeds is 'x'": lambda: gp.train("booth", seeds="x"),
    "train: seeds is 1.5": lambda: gp.train("booth", seeds=1.5),
    "train: options is 3, should be a dict or None": lambda: gp.train("booth", options=3),
    "train: steps is 'x', should be a whole number": lambda: gp.train("booth", steps="x"),
    "train: learning_rate is called rates here": lambda: gp.train("booth", learning_rate=1),
    "train: lr is called rates here; write that": lambda: gp.train("booth", lr=0.1),
    "train: optimizer is called optimizers here": lambda: gp.train("booth", optimizer="gd"),
    "judge: backend is called backends here": lambda: gp.judge("booth", backend="numpy"),
    "parameter params is of type int": lambda: gp.check(3, 4),
    "check: gradient is 3, should be a function or None": lambda: gp.check(loss, X, gradient=3),
    "check: args is 3, should be a tuple": lambda: gp.check(loss, X, gradient=gradient, args=3),
    "check: args is a ndarray": lambda: gp.check(loss, X, gradient=gradient, args=X),
    "check: seed is 'x'": lambda: gp.check(loss, X, gradient=gradient, seed="x"),
    "check: seed is -1, should be 0 or more": lambda: gp.check(loss, X, gradient=gradient, seed=-1),
    "check: seconds is -1": lambda: gp.check(loss, X, gradient=gradient, seconds=-1),
    "check: accuracy is 'x'": lambda: gp.check(loss, X, gradient=gradient, accuracy="x"),
    "check: constants is 3": lambda: gp.check(loss, X, gradient=gradient, constants=3),
    "check: library is 3": lambda: gp.check(loss, X, gradient=gradient, library=3),
    "check: loss is 3": lambda: gp.check(loss, X, loss=3),
    "check: strict is 'no', should be True": lambda: gp.check(loss, X, strict="no"),
    "gradcheck: func is 3, should be a function": lambda: gp.gradcheck(3, T),
    "gradgradcheck: func is 3, should be a function": lambda: gp.gradgradcheck(3, T),
    "unknown option 'absolute'": lambda: gp.gradgradcheck(loss, T, absolute=1),
    "check_grads: f is 3, should be a function": lambda: gp.check_grads(3, (X,), 1),
    "check_grads: order is 'x'": lambda: gp.check_grads(loss, (X,), "x"),
    "check_grads: modes is 3": lambda: gp.check_grads(loss, (X,), 1, 3),
    "no argument holds floating numbers": lambda: gp.check_grads(loss, None, 1),
    "Problem: loss is 3, should be a function": lambda: gp.Problem("a", 3, _drawn, {"s": {}}, ""),
    "Problem: sizes is 3, should be a dict": lambda: gp.Problem("a", loss, _drawn, 3, ""),
    "Instance: params should be a dict": lambda: gp.Instance(3, {}),
    "Instance: data should be a dict": lambda: gp.Instance({"w": X}, {3: X}),
    "Minimum: value is 'x', should be a number": lambda: gp.Minimum("x"),
}


@pytest.mark.parametrize("told", WRONG)
def test_a_wrong_call_is_one_line_that_names_the_argument(told):
    with pytest.raises(gp.InputError) as raised:
        WRONG[told]()
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


UNUSED = {
    "eps": 1e-3,
    "atol": 1e-4,
    "rtol": 1e-4,
    "nondet_tol": 1e-9,
    "check_grad_dtypes": True,
    "check_batched_grad": True,
    "check_batched_forward_grad": True,
    "fast_mode": True,
    "masked": True,
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_torchs_gradcheck_has_and_ours_does_not_use_is_said(name):
    from gradparity.harness.plain import cotangents

    cotangents._said.cache_clear()
    given = torch.ones(2, dtype=torch.float64, requires_grad=True)
    with pytest.warns(UserWarning, match=f"{name}: not used; "):
        assert gp.gradcheck(torch.sin, given, **{name: UNUSED[name]})
    with warnings.catch_warnings():  # once
        warnings.simplefilter("error")
        assert gp.gradcheck(torch.sin, given, **{name: UNUSED[name]})


def test_every_argument_of_torchs_own_is_taken():
    from inspect import signature

    own = set(signature(torch.autograd.gradcheck).parameters)
    assert own <= set(signature(gp.gradcheck).parameters)
    second = set(signature(torch.autograd.gradgradcheck).parameters)
    assert second <= own | set(signature(gp.gradgradcheck).parameters)


def test_a_loss_of_jax_is_traced_five_times_and_compiled_three_times():
    """Traced twice with its gradient in float64, once in float32, once to be read off, once to see
    whether a rule of the user's own takes part; equal traces share what is compiled."""
    import jax
    import jax.numpy as jnp

    traces, compiled = [], []

    def counted(p):
        traces.append(p)
        return jax.lax.fori_loop(0, 3, lambda i, x: jnp.sin(x) + p, p).sum()

    def noted(event, seconds, **more):
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(more.get("fun_name", ""))

    jax.monitoring.register_event_duration_secs_listener(noted)
    try:
        assert gp.check(counted, jnp.ones(3)).right
    finally:
        jax.monitoring.unregister_event_duration_listener(noted)
    assert len(traces) == 5
    assert len([name for name in compiled if "lambda" in name]) == 3


def test_random_numbers_of_numpy_in_a_jax_loss_are_found_out():
    """Each call traces anew, so that what Python does in between is seen."""
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    with pytest.raises(gp.InputError, match="not deterministic"):
        gp.check(lambda p: (p**2 * rng.normal(size=3)).sum(), jnp.ones(3))


def test_a_jax_loss_that_looks_at_its_values_is_judged_as_it_runs():
    import jax.numpy as jnp

    def loss(p):
        return (p**2).sum() if p[0] > 0 else p.sum()

    assert gp.check(loss, jnp.ones(3)).right
