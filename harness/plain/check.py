"""`check`: is the gradient of a plain function right? For other people's tests.

    gp.check(loss, params, gradient=by_hand)

No tolerance is asked for: the bound is that of the judge.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from gradparity.harness.findings.finding import Finding
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.plain.complex_parameters import RealParts
from gradparity.harness.plain.modules import Output, as_loss, is_module
from gradparity.harness.plain.native import PlainFunction
from gradparity.harness.plain.outcome import GradientError, settled
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.verdict import verdict
from gradparity.harness.surroundings.undisturbed import undisturbed
from gradparity.problems import InputError
from gradparity.problems.arguments import expect

OTHERWISE = (
    "this process rounds otherwise than to nearest, or takes subnormal numbers for zero, as a "
    "library that was linked with -ffast-math does; the gradient was judged in IEEE arithmetic"
)
"""What a warning says, once at a place."""


def check(
    function: Any,
    params: Any,
    /,
    *,
    loss: Output | None = None,
    gradient: PlainFunction | None = None,
    args: tuple[Any, ...] = (),
    library: str | None = None,
    seed: int = 0,
    constants: Collection[str] | None = (),
    seconds: float = SECONDS,
    strict: bool = False,
    accuracy: float | None = None,
) -> Finding:
    """What is found of the gradient of `function(params, *args)`, a loss, if it is right.

    With a torch module, or with `loss`, the first two are a model and its input (several: a tuple):

        gp.check(module, x, loss=torch.nn.functional.cross_entropy, args=(labels,))

    judges loss(model(x), *args) for all parameters of the model. Otherwise
    params: an array, or dicts, lists and tuples of arrays, of NumPy, JAX or torch; each is rounded
        to float32 values first, so that float64 and float32 see the same point. With a leaf of
        torch or JAX in bfloat16 or float16, all stays as it is, judged in that dtype (`low.py`).
        Complex leaves are judged by their real and imaginary parts, named "w.re" and "w.im", and
        their gradient is read as the loss's library has it (`complex_parameters.py`).
    gradient: gradient(params, *args) -> a tree of the form of params, or (value, tree), in arrays
        of any library. Left out: what JAX or torch make of the loss, their users' own rules
        included; these are judged with other numbers from above as well, so that a backward that
        ignores grad_output is wrong where it is the loss itself. One that clips is right where it
        clips nothing, and wrong elsewhere: it is no derivative of the loss.
    args: passed on; their float32 and float64 arrays in the dtype of the run.
    library: "numpy", "jax" or "torch", where the leaves do not say it. seed: of the judge.
    constants: what a torch loss means to hold constant although it leaves torch, of `LEAVING`;
        otherwise a gradient that lacks what passes through .item() or NumPy is wrong. None: one
        that lacks what passes through detach or stop_gradient is wrong, too.
    seconds: how long, after the verdict, the cause of a wrong gradient is looked for.
    strict: whether a right formula that loses digits (`unstable`, `low-precision`, `inaccurate`)
        is an error; otherwise it passes with a GradientWarning.
    accuracy: the relative error that is meant to pass, as of a solver that stops at it; what agrees
        to it and not to rounding is `inaccurate`, and passes without a warning.

    Raises: GradientError, an AssertionError, if it is wrong. InputError if it cannot be judged: a
    loss that is NaN, random or no scalar, a gradient of another form, arguments that are changed.
    """
    # Hides this frame in pytest's traceback, and below all that is ours.
    __tracebackhide__ = True
    try:
        expect(check, locals())
        for name, number in (("seed", seed), ("seconds", seconds)):
            if not number >= 0:
                raise InputError(f"check: {name} is {number}, should be 0 or more")
        if loss is not None or is_module(function):
            function, params, args = as_loss(function, params, loss, args, seed)
        parts = RealParts.of(params, library)
        given = gradient
        if parts is not None:
            function, params, library = parts.loss(function), parts.params, parts.home
            gradient = None if given is None else parts.gradient(given)
        with undisturbed() as otherwise:
            asked = PlainGradient.of(function, gradient, params, args, library, constants)
            found = verdict(asked, seed, seconds)
            if parts is not None and given is not None and not found.right:
                for changed, diagnosis in parts.mistakes():
                    other = replace(asked, gradient=parts.gradient(given, changed))
                    if verdict(other, seed, 0.0).right:
                        found = replace(found, diagnosis=diagnosis)
                        break
        if otherwise:
            warnings.warn(OTHERWISE, UserWarning, stacklevel=2)
        return settled(found, strict, accuracy)
    except (GradientError, InputError) as error:
        raise error.with_traceback(None) from error.__cause__
