"""Right but for rounding: computed in a shorter format than it is stored in."""

from __future__ import annotations

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.evidence.evidence import Context, Evidence
from gradparity.harness.judging.diagnosis.evidence.short_numbers import by_construction
from gradparity.problems import Array

FLOAT32 = float(np.finfo(np.float32).eps)
# Errors scattered over fewer components may be anything.
_SCATTERED = 4
# name, machine epsilon, bits of the significand, stored ones and the hidden one
_FORMATS = (("float32", FLOAT32, 24), ("float16", 2.0**-10, 11), ("bfloat16", 2.0**-7, 8))


def short_format(context: Context) -> Cause | None:
    """Return the cause if the answer consists of numbers of a shorter format, right to it."""
    parts = context.wrong
    given = [np.asarray(x) for x in (*context.params.values(), *context.data.values())]
    if all(by_construction(e.got, given) for e in parts):
        return None
    names = listed(e.name for e in parts)
    parameter = parts[0].name if len(parts) == 1 else ""
    verb = "is" if len(parts) == 1 else "are"
    if (
        context.narrow is not None
        and all(
            np.array_equal(np.asarray(context.narrow[e.name], np.longdouble), e.got) for e in parts
        )
        and max(_errors(e, FLOAT32).max() for e in parts) < 1e3
    ):
        return Cause(
            "precision",
            f"{names} {verb} the float32 answer, bit by bit: float64 in name only.",
            parameter,
        )
    for name, eps, bits in _FORMATS:
        short = all(_fits(e.got, bits) for e in parts)
        errors = np.concatenate([np.ravel(_errors(e, eps)[e.wrong]) for e in parts])
        if short and errors.max() < (1e3 if name == "float32" else 1):
            holds = "holds" if len(parts) == 1 else "hold"
            text = f"{names} {verb} right to {name} alone, and {holds} {name} numbers: "
            return Cause("precision", f"{text}computed or stored in {name}.", parameter)
    return None


def rounded_inside(context: Context) -> Cause | None:
    """Return what may be if all errors are of the size that rounding to float32 has, either way.

    A small term forgotten, a constant with a wrong last digit, are of that size too: hence "may".
    """
    parts = context.wrong
    errors = np.concatenate([np.ravel(_errors(e, FLOAT32)[e.wrong]) for e in parts])
    signs = np.concatenate([np.ravel(np.sign(e.got - e.true)[e.wrong]) for e in parts])
    scattered = len(errors) >= _SCATTERED and abs(signs.sum()) < len(signs)
    if not scattered or not 0.1 < errors.max() < 64:
        return None
    names, verb = listed(e.name for e in parts), "is" if len(parts) == 1 else "are"
    worst = f"{errors.max() * FLOAT32:.1e}"
    return Cause(
        "precision",
        f"{names} {verb} wrong by at most {worst} of a component's size, to either side: something "
        "inside may be computed in float32.",
        parts[0].name if len(parts) == 1 else "",
        sure=False,
    )


def only_narrow(context: Context) -> Cause | None:
    """Return the cause if the float64 answer is right and the float32 answer is not."""
    for e in context.every.values():
        if context.narrow is None:
            return None
        narrow = np.asarray(context.narrow[e.name], np.longdouble)
        allowed = e.scale * (FLOAT32 / np.finfo(np.float64).eps)
        off = ~(np.abs(narrow - e.true) <= allowed)
        if off.any():
            index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
            many = f"{int(off.sum())} of {off.size} components"
            text = f"{e.name} is right in float64 and wrong in float32 alone, in {many}"
            return Cause("precision", f"{text}: the arithmetic loses digits.", e.name, index)
    return None


def _errors(e: Evidence, eps: float) -> Array:
    """Errors relative to the component and the root mean square of the parameter, in eps."""
    size = np.abs(e.true) + np.sqrt(np.mean(np.square(e.true)))
    with np.errstate(all="ignore"):
        return np.where(size > 0, np.abs(e.got - e.true) / (eps * size), np.inf)


def _fits(x: Array, bits: int) -> bool:
    """Whether each number has at most so many significant bits."""
    mantissa = np.frexp(x)[0] * np.longdouble(2) ** bits
    return bool(np.all(mantissa == np.rint(mantissa)))
