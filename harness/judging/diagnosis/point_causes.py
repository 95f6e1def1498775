"""The right gradient of something else: at another point, or on other data."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.evidence.evidence import Context, is_supposed
from gradparity.problems import Arrays

Supposed = tuple[str, str, Arrays]
"""(key, what the answer then is, gradients by parameter)."""


def point_cause(context: Context) -> Cause | None:
    """Return the cause if all wrong parameters are a right gradient elsewhere.

    Parameters that are right may, but need not, be that gradient as well.
    Raises: OutOfTimeError.
    """
    if context.loss is None:
        return None
    wrong = context.wrong
    names = listed(e.name for e in wrong)
    verb = "is" if len(wrong) == 1 else "are"
    for key, text, supposed in _supposed(context):
        if is_supposed(context, supposed, [e.name for e in wrong]):
            parameter = wrong[0].name if len(wrong) == 1 else ""
            return Cause(key, f"{names} {verb} {text}.", parameter)
    return None


def _supposed(context: Context) -> Iterator[Supposed]:
    for key, text, params, data in (*_points(context), *_other_data(context)):
        context.deadline.keep()
        gradient = _gradient(context, params, data)
        if gradient is not None:
            yield key, text, gradient


def _gradient(context: Context, params: Arrays, data: Arrays) -> Arrays | None:
    """The gradient of the loss, None where the loss cannot be evaluated."""
    assert context.loss is not None
    try:
        with np.errstate(all="ignore"):
            return value_and_gradient(context.loss, params, data)[1]
    except Exception:  # a user's loss may fail in any way on arrays it was not written for
        return None


def _points(context: Context) -> Iterator[tuple[str, str, Arrays, Arrays]]:
    params, data = context.params, context.data
    for text, function in (
        ("at zeros", np.zeros_like),
        ("at minus the parameters", np.negative),
        ("at ones", np.ones_like),
        ("at the absolute values of the parameters", np.abs),
    ):
        moved = {name: function(x) for name, x in params.items()}
        yield "stale", f"the gradient {text}: a stale or wrong point", moved, data
    if len(params) > 1:
        for name, text in itertools.product(params, ("zero", "minus itself")):
            zero = text == "zero"
            x = np.zeros_like(params[name]) if zero else -params[name]
            # The same numbers: what passes through it is forgotten, or has the wrong sign.
            or_else = "what passes through it is left out" if zero else "a sign where it is used"
            yield (
                "stale",
                f"the gradient with {text} for {name}: a stale or wrong {name}, or {or_else}",
                {**params, name: x},
                data,
            )
    for name, x in params.items():
        if x.ndim > 1 and x.shape[-1] == x.shape[-2]:
            other = {**params, name: np.swapaxes(x, -1, -2)}
            yield "transposed", f"the gradient with the transpose of {name}", other, data
    for a, b in itertools.combinations(params, 2):
        if params[a].shape == params[b].shape:
            other = {**params, a: params[b], b: params[a]}
            yield "swapped", f"the gradient with {a} and {b} exchanged", other, data


def _other_data(context: Context) -> Iterator[tuple[str, str, Arrays, Arrays]]:
    params, data = context.params, context.data
    for a, b in itertools.combinations(data, 2):
        if data[a].shape == data[b].shape and data[a].dtype.kind == data[b].dtype.kind == "f":
            yield (
                "swapped",
                f"the gradient with {a} and {b} exchanged",
                params,
                {**data, a: data[b], b: data[a]},
            )
    for name, x in data.items():
        if x.ndim == 0 and x.dtype.kind == "f" and x != 0:
            yield (
                "term-missing",
                f"the gradient with {name} = 0: its term is left out",
                params,
                {**data, name: np.zeros_like(x)},
            )
            yield (
                "sign",
                f"the gradient with the sign of {name} changed",
                params,
                {**data, name: -x},
            )
            yield (
                "term-added",
                f"the gradient with twice {name}: its term is counted twice",
                params,
                {**data, name: 2 * x},
            )
        if x.ndim and x.dtype.kind in "iu" and x.size:
            for step in (1, -1):
                other = {**data, name: (x + step) % (x.max() + 1)}
                text = f"the gradient with {step:+d} on each entry of {name}"
                yield "off-by-one", text, params, other
        if x.ndim:
            for step in (1, -1):
                moved = np.roll(x, step, axis=0)
                yield (
                    "off-by-one",
                    f"the gradient with the entries of {name} shifted by {step}",
                    params,
                    {**data, name: moved},
                )
            yield (
                "permuted",
                f"the gradient with {name} reversed",
                params,
                {**data, name: np.flip(x, 0)},
            )
            if x.dtype.kind == "f":
                yield (
                    "term-missing",
                    f"the gradient with zeros for {name}",
                    params,
                    {**data, name: np.zeros_like(x)},
                )
                yield (
                    "sign",
                    f"the gradient with the sign of {name} changed",
                    params,
                    {**data, name: -x},
                )
