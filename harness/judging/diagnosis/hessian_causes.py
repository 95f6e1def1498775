"""Why a Hessian is wrong: a triangle that is no mirror image, a block, an order, a term left out.

A Hessian is symmetric: whoever computes one triangle alone mirrors it, or forgets to. Its rows and
columns are the parameters' entries, one parameter after the other, so that it falls into blocks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from gradparity.backends.numpy_tape.engine.derivatives import jacobian
from gradparity.harness.findings.finding import Cause, Diagnosis
from gradparity.harness.findings.notation import component, listed, told_apart
from gradparity.harness.judging.diagnosis.comparisons.order_causes import reordered
from gradparity.harness.judging.diagnosis.comparisons.place_causes import (
    one_component,
    one_unit,
    parameter_missing,
    some_signs,
    units_missing,
)
from gradparity.harness.judging.diagnosis.comparisons.ratio_causes import by_unit, whole
from gradparity.harness.judging.diagnosis.comparisons.value_causes import function_of, nonfinite
from gradparity.harness.judging.diagnosis.evidence.deadline import Deadline
from gradparity.harness.judging.diagnosis.evidence.evidence import (
    Context,
    Evidence,
    evidence,
    in_longdouble,
)
from gradparity.harness.judging.diagnosis.evidence.known_ratios import KnownRatio, known_ratios
from gradparity.problems import Array, Arrays, Loss

_NAME = "the Hessian"
# Orders of so many parameters are tried.
_ORDERS = 5


def diagnose_hessian(
    got: Array,
    true: Array,
    scale: Array,
    *,
    params: Arrays,
    data: Arrays,
    residuals: Loss | None = None,
) -> Diagnosis:
    """Return why `got` is not the Hessian `true`, both (P, P).

    scale: per component, the error that rounding allows. residuals: those of the loss, if it is
    made of some: then JᵀJ is compared as well.
    """
    e = evidence(_NAME, got, true, scale, np.zeros_like(true))
    known = known_ratios(params, data)
    if not e.wrong.any():
        return Diagnosis((Cause("none", "every component is right."),))
    with np.errstate(all="ignore"):
        causes: tuple[Callable[[], Cause | None], ...] = (
            lambda: nonfinite(e),
            lambda: parameter_missing(e),
            lambda: whole([e], known, everything=False),
            lambda: one_component(e),
            lambda: _of_triangles(e),
            lambda: _of_orders(e, params),
            lambda: _of_residuals(e, params, data, residuals),
            lambda: _of_blocks(e, params, known),
            lambda: _one_sided(e),
            lambda: _general(e),
        )
        found = next(filter(None, (cause() for cause in causes)), None)
    return Diagnosis((found or _other(e),))


def _of_triangles(e: Evidence) -> Cause | None:
    """What becomes of the triangles and the diagonal, where the rest is right."""
    for key, text, hypothesis in _triangles(e.true):
        if e.agrees(hypothesis):
            return Cause(key, f"{_NAME} {text}.", _NAME)
    return None


def _one_sided(e: Evidence) -> Cause | None:
    """One triangle is right and the other is not."""
    for which, triangle in (("upper", np.triu), ("lower", np.tril)):
        if not triangle(e.wrong).any():
            index = tuple(int(i) for i in np.argwhere(e.wrong)[0])
            got, should = told_apart(float(e.got[index]), float(e.true[index]))
            text = (
                f"{_NAME} is not symmetric: its {which} triangle is right and the other is not its "
                f"mirror image, {component(_NAME, index)} is {got}, should be {should}."
            )
            return Cause("transposed", text, _NAME, index)
    return None


def _triangles(true: Array) -> Iterator[tuple[str, str, Array]]:
    diagonal = np.diag(np.diag(true))
    upper, lower = np.triu(true, 1), np.tril(true, -1)
    key = "unit-missing"
    yield key, "has its upper triangle alone: the lower is 0, and is to mirror it", upper + diagonal
    yield key, "has its lower triangle alone: the upper is 0, and is to mirror it", lower + diagonal
    yield key, "has its diagonal alone: all mixed derivatives are 0", diagonal
    yield key, "has no diagonal: the second derivatives by one and the same are 0", upper + lower
    for times, words in ((2, "twice"), (0.5, "half")):
        yield (
            "factor",
            f"has {words} its diagonal: H + Hᵀ - diag(H) or H + Hᵀ is taken for a triangle H",
            upper + lower + times * diagonal,
        )
        yield (
            "factor",
            f"has {words} what is beside its diagonal: H + Hᵀ for a symmetric H, or ½ of it",
            times * (upper + lower) + diagonal,
        )
        yield (
            "factor",
            f"has {words} its upper triangle, and the lower is 0",
            times * upper + diagonal,
        )
    yield "sign", "has the wrong sign beside its diagonal", diagonal - upper - lower
    yield "sign", "has the wrong sign below its diagonal", diagonal + upper - lower
    yield "sign", "has the wrong sign above its diagonal", diagonal - upper + lower
    yield "sign", "has the wrong sign on its diagonal", upper + lower - diagonal


def _of_orders(e: Evidence, params: Arrays) -> Cause | None:
    """Entries in another order: of the parameters, or of the entries of a matrix."""
    for text, order in _orders(params):
        moved = e.true[np.ix_(order, order)]
        if e.agrees(moved, e.scale[np.ix_(order, order)]):
            return Cause("permuted", f"{_NAME} has its rows and columns {text}.", _NAME)
    return None


def _orders(params: Arrays) -> Iterator[tuple[str, Array]]:
    names = list(params)
    at, start = {}, 0
    for name, x in params.items():
        at[name] = np.arange(start, start + np.size(x)).reshape(np.shape(x))
        start += np.size(x)
    if any(np.ndim(x) > 1 for x in at.values()):
        columns = np.concatenate([x.ravel(order="F") for x in at.values()])
        yield "in column order where rows are meant", columns
    if 1 < len(names) <= _ORDERS:
        for order in itertools.permutations(names):
            if list(order) != names:
                text = f"in the order of {listed(order)} instead of {listed(names)}"
                yield text, np.concatenate([at[name].ravel() for name in order])
    yield "reversed", np.arange(start)[::-1]


def _of_residuals(
    e: Evidence, params: Arrays, data: Arrays, residuals: Loss | None
) -> Cause | None:
    """A multiple of JᵀJ, that of the residuals: the terms with their second derivatives lack."""
    if residuals is None:
        return None
    try:
        j = np.asarray(jacobian(residuals, in_longdouble(params), in_longdouble(data)))
    except Exception:  # a user's residuals may fail in any way in longdouble
        return None
    product = j.T @ j
    best = np.unravel_index(int(np.argmax(np.abs(product))), product.shape)
    factor = float(e.got[best] / product[best])
    if math.isfinite(factor) and factor and e.agrees(factor * product, 4 * e.scale):
        text = (
            f"{_NAME} is {factor:.6g} JᵀJ, Gauss and Newton's: it lacks the residuals' curvature."
        )
        return Cause("term-missing", text, _NAME)
    return None


def _of_blocks(e: Evidence, params: Arrays, known: list[KnownRatio]) -> Cause | None:
    """The block of two parameters, or its mirror image too, where all others are right."""
    ends = np.cumsum([0, *(np.size(x) for x in params.values())])
    names = list(params)
    wrong = [
        (i, j)
        for i, j in itertools.product(range(len(names)), repeat=2)
        if e.wrong[ends[i] : ends[i + 1], ends[j] : ends[j + 1]].any()
    ]
    if len(names) < 2 or len({frozenset(pair) for pair in wrong}) > 1:
        return None
    i, j = wrong[0]
    rows, columns = slice(ends[i], ends[i + 1]), slice(ends[j], ends[j + 1])
    name = f"the block of {names[i]} and {names[j]}"
    got, true, scale = (x[rows, columns] for x in (e.got, e.true, e.scale))
    block = evidence(name, got, true, scale, np.zeros_like(true))
    causes = (
        parameter_missing(block)
        or whole([block], known, everything=False)
        or one_component(block)
        or reordered(block)
        or _general(block)
    )
    both = " So is its mirror image." if len(wrong) > 1 else ""
    if causes is not None:
        text = causes.sentence + (both if i != j else "")
        return Cause(causes.key, text, _NAME, None, causes.sure)
    more = f"{block.wrong.sum()} of {block.wrong.size} components of {name} are wrong, no others."
    return Cause("other", f"{more}{both}", _NAME)


def _general(e: Evidence) -> Cause | None:
    return reordered(e) or function_of(e) or units_missing(e) or _ratios(e) or some_signs(e)


def _ratios(e: Evidence) -> Cause | None:
    """Rows with a ratio each, or one row that is wrong."""
    if e.got.ndim < 2:
        return None
    alone = Context({e.name: e}, {}, {}, None, None, Deadline.after(0))
    return by_unit(e, alone) or one_unit(e)


def _other(e: Evidence) -> Cause:
    size = np.where(e.wrong, np.abs(e.got - e.true) / (e.scale + 1e-300), 0)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(size)), size.shape))
    got, true = told_apart(float(e.got[index]), float(e.true[index]))
    many = f"the worst of {int(e.wrong.sum())} wrong components of {e.true.size}"
    text = f"{component(_NAME, index)} is {got}, should be {true}, {many}; no simple cause fits."
    return Cause("other", text, _NAME, index)
