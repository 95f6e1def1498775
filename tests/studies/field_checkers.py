"""The checkers of gradients in common use, each through its documented interface and defaults.

A checker is built for a loss at an instance and then asked about gradients there: ask(wide, narrow),
dicts of float64 and float32 arrays, says True for "wrong". The gradient is planted as the backward
of a function whose forward is the loss: every one of these tools evaluates it at the instance alone,
and compares it with differences of the loss. What a loss is at a point is remembered, because
hundreds of gradients are asked about at the same differences; the tools are not touched.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from gradparity.problems.namespace import NUMPY


def remembered(value):
    """value(*arrays), computed once for equal arrays."""
    known = {}

    def at(*arrays):
        key = hashlib.blake2b(digest_size=16)
        for x in arrays:
            key.update(np.ascontiguousarray(x))
        key = key.digest()
        if key not in known:
            known[key] = value(*arrays)
        return known[key]

    return at


def flat(arrays):
    return np.concatenate([np.ravel(x) for x in arrays.values()])


def flat_loss(loss, instance):
    """(the loss of one float64 vector, the parameters as that vector)."""
    sizes = [np.size(x) for x in instance.params.values()]
    ends = np.cumsum(sizes)

    def value(vector):
        parts = np.split(vector, ends[:-1])
        params = {
            name: part.reshape(np.shape(x))
            for part, (name, x) in zip(parts, instance.params.items(), strict=True)
        }
        return float(loss(NUMPY, params, instance.data))

    return remembered(value), flat(instance.params)


def gradcheck(fast):
    """torch.autograd.gradcheck in float64; each parameter is an input of its own."""

    def checker(loss, instance):
        import torch

        from gradparity.backends import Setting
        from gradparity.backends.torch_autograd.namespace import library
        from gradparity.backends.torch_autograd.operators import encoder

        xp = library()[1]
        params, data = encoder("gradient", Setting("float64"))(instance)
        value = remembered(
            lambda *given: float(loss(xp, dict(zip(params, given, strict=True)), data))
        )

        def ask(wide, narrow):
            planted = [torch.tensor(np.asarray(wide[name], np.float64)) for name in params]

            class Loss(torch.autograd.Function):
                @staticmethod
                def forward(ctx, *given):
                    return torch.tensor(value(*(x.detach() for x in given)), dtype=torch.float64)

                @staticmethod
                def backward(ctx, grad_output):
                    return tuple(grad_output * g for g in planted)

            inputs = tuple(x.clone().requires_grad_() for x in params.values())
            return not torch.autograd.gradcheck(
                Loss.apply, inputs, fast_mode=fast, raise_exception=False
            )

        return ask

    return checker


def jax_check_grads(dtype):
    """jax.test_util.check_grads, first order, reverse mode; x64 is on for float64 alone."""

    def checker(loss, instance):
        from jax.test_util import check_grads

        from gradparity.backends.jax_transforms.namespace import library

        jax, xp = library()
        wide_too = dtype == "float64"

        def cast(x):
            x = np.asarray(x)
            return jax.numpy.asarray(x.astype(dtype) if x.dtype.kind == "f" else x)

        with jax.enable_x64(wide_too):
            params = {name: cast(x) for name, x in instance.params.items()}
            data = {name: cast(x) for name, x in instance.data.items()}
            value = jax.jit(lambda *given: loss(xp, dict(zip(params, given, strict=True)), data))

        def ask(wide, narrow):
            with jax.enable_x64(wide_too):
                planted = [cast((wide if wide_too else narrow)[name]) for name in params]
                function = jax.custom_vjp(lambda *given: value(*given))
                function.defvjp(
                    lambda *given: (value(*given), None),
                    lambda _, cotangent: tuple(cotangent * g for g in planted),
                )
                try:
                    check_grads(function, tuple(params.values()), order=1, modes=["rev"])
                except AssertionError:
                    return True
                return False

        return ask

    return checker


def autograd_check_grads(loss, instance):
    """HIPS autograd's check_grads, first order, reverse mode, on one flat vector in float64.

    It draws its direction from NumPy's global generator, seeded here anew for every question.
    """
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    value, at = flat_loss(loss, instance)

    def ask(wide, narrow):
        planted = flat(wide).astype(np.float64)

        @primitive
        def function(x):
            return value(x)

        defvjp(function, lambda result, x: lambda g: g * planted)
        np.random.seed(0)  # noqa: NPY002
        try:
            check_grads(function, modes=["rev"], order=1)(at)
        except AssertionError:
            return True
        return False

    return ask


def scipy_check_grad(loss, instance):
    """What scipy.optimize.check_grad returns: a norm, float; its reader must judge it."""
    from scipy.optimize import check_grad

    value, at = flat_loss(loss, instance)

    def ask(wide, narrow):
        norm = float(check_grad(value, lambda x: flat(wide).astype(np.float64), at))
        return norm if math.isfinite(norm) else math.inf

    return ask


CHECKERS = {
    "torch gradcheck": gradcheck(fast=False),
    "torch gradcheck fast": gradcheck(fast=True),
    "JAX float64": jax_check_grads("float64"),
    "JAX float32": jax_check_grads("float32"),
    "HIPS autograd": autograd_check_grads,
}
"""Name -> checker. scipy's has no verdict of its own and is not among them."""
