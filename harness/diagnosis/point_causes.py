"""The right gradient of something else: at another point, on other data, on some of the cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from backends.numpy_tape.derivatives import value_and_gradient
from harness.diagnosis.evidence import Context, Evidence
from harness.diagnosis.finding import Cause, listed
from problems import Arrays

Array = Any
Supposed = tuple[str, str, Arrays]
"""(key, what the answer then is, gradients by parameter)."""

# Up to so many cases each is looked at alone; beyond, the first, the last and the halves.
_EVERY_CASE = 64


def point_cause(context: Context) -> Cause | None:
    """Return the cause if all wrong parameters are a right gradient elsewhere.

    Parameters that are right may, but need not, be that gradient as well.
    """
    if context.loss is None:
        return None
    wrong = context.wrong
    names = listed(e.name for e in wrong)
    verb = "is" if len(wrong) == 1 else "are"
    for key, text, supposed in _supposed(context):
        if all(_near(e, supposed[e.name]) for e in wrong):
            parameter = wrong[0].name if len(wrong) == 1 else ""
            return Cause(key, f"{names} {verb} {text}.", parameter)
    return None


def _near(e: Evidence, hypothesis: Array) -> bool:
    if not np.all(np.isfinite(hypothesis)):
        return False
    top = np.max(np.abs(e.true), initial=0)
    size = np.max(np.abs(hypothesis), initial=0) / top if top > 0 else 1
    return e.agrees(hypothesis, e.scale * max(1, size) * 4 + np.max(e.scale, initial=0))


def _supposed(context: Context) -> Iterator[Supposed]:
    for key, text, params, data in (*_points(context), *_other_data(context)):
        gradient = _gradient(context, params, data)
        if gradient is not None:
            yield key, text, gradient
    yield from _cases(context)


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
            x = np.zeros_like(params[name]) if text == "zero" else -params[name]
            yield (
                "stale",
                f"the gradient with {text} for {name}: a stale or wrong {name}",
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


def _cases(context: Context) -> Iterator[Supposed]:
    """The gradient with some cases alone, or left out, where the data have cases.

    The weight of a case is found from the gradient itself: the parts of two halves add up to the
    whole with the weights 1 (a sum) or their share of the cases (a mean).
    """
    lengths = {x.shape[0] for x in context.data.values() if x.ndim}
    if len(lengths) != 1 or (n := lengths.pop()) < 2:
        return
    half = n // 2
    first, second = _part(context, range(half)), _part(context, range(half, n))
    if first is None or second is None:
        return
    for text, share in (("a mean", np.longdouble(1) / n), ("a sum", None)):
        a, b = (share * half, share * (n - half)) if share is not None else (1, 1)
        if all(_same(e, a * first[k] + b * second[k]) for k, e in context.every.items()):
            yield from _weighted(
                context, n, share, {"first": (first, a, half), "second": (second, b, n - half)}
            )
            return


def _weighted(context: Context, n: int, share: Any, halves: dict[str, Any]) -> Iterator[Supposed]:
    true = {name: e.true for name, e in context.every.items()}
    for which, (part, weight, count) in halves.items():
        here = {name: weight * g for name, g in part.items()}
        yield from _told(f"the {which} half of the {n} cases", here, part, true, n / (n - count))
    places = range(n) if n <= _EVERY_CASE else (0, n - 1)
    weight = 1 if share is None else share
    every = []
    for i in places:
        part = _part(context, [i])
        if part is None:
            return
        here = {name: weight * g for name, g in part.items()}
        every.append(here)
        yield from _told(f"case {i} of {n}", here, part, true, n / (n - 1))
    if len(every) == n:
        yield from _other_axis(n, every, true)


def _told(what: str, here: Arrays, alone: Arrays, true: Arrays, left: float) -> Iterator[Supposed]:
    yield "cases", f"the gradient of {what} alone", alone
    yield "cases", f"the contribution of {what} alone", here
    rest = {name: true[name] - g for name, g in here.items()}
    yield "cases", f"the gradient without {what}", rest
    yield "cases", f"the mean gradient without {what}", {k: left * g for k, g in rest.items()}
    yield (
        "cases",
        f"the gradient with {what} counted twice",
        {k: true[k] + g for k, g in here.items()},
    )


def _other_axis(n: int, every: list[Arrays], true: Arrays) -> Iterator[Supposed]:
    """One number per case, where the cases should have been summed up and the units kept."""
    for name, g in true.items():
        if g.shape == (n,):
            per_case = np.stack([part[name] for part in every])
            supposed = {**true, name: per_case.sum(axis=1)}
            yield (
                "wrong-axis",
                f"summed over its {n} components, for each of the {n} cases, instead of over the cases",
                supposed,
            )


def _part(context: Context, cases: Any) -> Arrays | None:
    picked = np.asarray(list(cases))
    data = {name: x[picked] if x.ndim else x for name, x in context.data.items()}
    return _gradient(context, context.params, data)


def _same(e: Evidence, hypothesis: Array) -> bool:
    allowed = 4 * e.scale + np.max(e.scale, initial=0)
    return bool(np.all(np.abs(hypothesis - e.true) <= allowed))
