"""One step of the chain rule done wrongly: left out, counted twice, with another derivative.

Each step of the loss as it is written is altered in turn, and the gradient that comes out is held
against the answer: every parameter must agree, the right ones too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backends.numpy_tape.elementwise_rules import ELEMENTWISE_RULES
from backends.numpy_tape.reverse_rules import adjoint_of
from harness.diagnosis.altered_chain import Chain, Step
from harness.diagnosis.evidence import EPS, Context, evidence, is_supposed
from harness.diagnosis.finding import Cause, figure, listed
from harness.diagnosis.known_ratios import KnownRatio, known_ratios
from harness.diagnosis.ratio_causes import constant_ratio
from problems import Arrays

Array = Any
Alter = Callable[[Array, Array], Array]
# Walks times elements on the tape: seconds at most.
_WORK = 200_000_000


def chain_cause(context: Context, found: Chain) -> Cause | None:
    """Return the cause if one altered step of the chain rule gives the answer."""
    work = sum(int(np.prod(node.shape)) for node in found.nodes)
    left = _WORK // max(1, work)
    steps = [(k, j) for k, node in enumerate(found.nodes) for j in range(len(node.parents))]
    known = known_ratios(context.params, context.data)
    for step in reversed(steps[-left:]):
        left -= 1
        cause = _scaled(context, found, step, known) or _updated(context, found, step)
        if cause is not None:
            return cause
    for step in reversed(steps):
        for key, text, alter in _alterations(found, step):
            left -= 1
            if left < 0:
                return None
            answer = _tried(found, step, alter)
            if answer is not None and is_supposed(context, answer):
                return _cause(context, found, step, key, text)
    return None


def _cause(context: Context, found: Chain, step: Step, key: str, text: str) -> Cause:
    wrong = context.wrong
    names, verb = listed(e.name for e in wrong), "is" if len(wrong) == 1 else "are"
    k = step[0]
    where = f"{found.name(k)} (operation {k + 1} of {len(found.nodes)} in the loss)"
    parameter = wrong[0].name if len(wrong) == 1 else ""
    return Cause(key, f"{names} {verb} what comes out if, at {where}, {text}.", parameter)


def _scaled(context: Context, found: Chain, step: Step, known: list[KnownRatio]) -> Cause | None:
    """The way back through one operand, times a constant: 0 cut, 2 counted twice, -1 the sign."""
    cut = _tried(found, step, lambda g, part: 0 * part)
    if cut is None:
        return None
    parts = []
    for e in context.every.values():
        rest = cut.get(e.name, np.zeros_like(e.true))
        size = np.abs(rest) + np.abs(e.true)
        scale = e.scale + 16 * EPS * size + 1e-3 * EPS * np.max(size, initial=0)
        parts.append(evidence(e.name, e.got - rest, e.true - rest, scale, e.theta))
    ratio = constant_ratio(parts)
    if ratio is None or ratio[2] < 2:
        return None
    factor, doubt, _ = ratio
    place = found.nodes[step[0]].parents[step[1]][0] + 1
    back = f"the way back through operand {place}"
    if abs(factor) <= 4 * doubt:
        return _cause(context, found, step, "term-missing", f"{back} is cut")
    for r in known:
        if abs(factor - r.value) <= 4 * doubt + 4 * EPS * abs(factor):
            if r.value == 2:
                return _cause(context, found, step, "term-added", f"{back} is counted twice")
            key = "sign" if r.value == -1 else "factor"
            text = f"{back} is multiplied by {r.text}: {r.meaning}"
            return _cause(context, found, step, key, text)
    return _cause(context, found, step, "factor", f"{back} is multiplied by {figure(factor)}")


def _updated(context: Context, found: Chain, step: Step) -> Cause | None:
    """A product with a parameter after its update: θ - η gradient instead of θ, η measured."""
    primitive, operands, z, static = found.nodes[step[0]].call
    place = found.nodes[step[0]].parents[step[1]][0]
    if primitive.name not in ("matmul", "multiply"):
        return None
    for name, e in context.every.items():
        at = [i for i, x in enumerate(operands) if i != place and x is context.params[name]]
        if not at:
            continue

        def moved(g: Array, part: Array, i: int = at[0], gradient: Array = e.true) -> Array:
            changed = (*operands[:i], gradient, *operands[i + 1 :])
            return part + adjoint_of(primitive)(place, g, z, changed, static)

        more = _tried(found, step, moved)
        if more is None:
            return None
        parts = [
            evidence(x.name, x.got - x.true, more[x.name] - x.true, x.scale, x.theta)
            for x in context.every.values()
        ]
        ratio = constant_ratio(parts)
        if ratio is not None and ratio[2] >= 2 and abs(ratio[0]) > 4 * ratio[1]:
            text = (
                f"{name} {'-' if ratio[0] < 0 else '+'} {figure(abs(ratio[0]))} times its gradient"
            )
            return _cause(
                context, found, step, "stale", f"{text} stands for {name}: updated too early"
            )
    return None


def _tried(found: Chain, step: Step, alter: Alter) -> Arrays | None:
    try:
        with np.errstate(all="ignore"):
            return found.walk(lambda k, j, g, part: alter(g, part) if (k, j) == step else part)
    except (ValueError, IndexError, TypeError):  # shapes that do not fit: no hypothesis
        return None


def _alterations(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    k, j = step
    node = found.nodes[k]
    primitive, operands, result, static = node.call
    place, parent = node.parents[j]
    if primitive.name in ELEMENTWISE_RULES:
        yield from _other_derivatives(found, step)
    yield from _other_sums(parent.shape)
    yield from _other_operands(found, step)
    if primitive.name == "matmul" and np.ndim(operands[0]) == np.ndim(operands[1]) == 2:
        yield (
            "transposed",
            "the product takes an operand without its transpose",
            (
                (lambda g, part: g @ operands[1])
                if place == 0
                else (lambda g, part: operands[0] @ g)
            ),
        )
        yield "transposed", "the result of the product is transposed", lambda g, part: part.T
        if place == 1:
            x = operands[0]
            for key, text, left, right in (
                (
                    "off-by-one",
                    "the operand is one case behind the gradient",
                    x[:-1],
                    slice(1, None),
                ),
                (
                    "off-by-one",
                    "the operand is one case ahead of the gradient",
                    x[1:],
                    slice(None, -1),
                ),
                ("cases", "the first case is left out", x[1:], slice(1, None)),
                ("cases", "the last case is left out", x[:-1], slice(None, -1)),
            ):
                yield key, text, lambda g, part, left=left, right=right: left.T @ g[right]


def _other_derivatives(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    k, j = step
    primitive, operands, z, static = found.nodes[k].call
    place = found.nodes[k].parents[j][0]
    x = operands[place]
    key = "wrong-derivative"
    yield key, "its derivative is left out", lambda g, part: g
    yield (
        key,
        "the sign of the incoming gradient is taken for its mask",
        lambda g, part: g * (g > 0),
    )
    if np.shape(x) != np.shape(z):
        return
    if len(operands) == 1:
        rule = adjoint_of(primitive)
        yield (
            key,
            "the derivative is taken at the result instead of the operand",
            (lambda g, part: rule(place, g, primitive(z, **static), (z,), static)),
        )
    for name, value in (("result", z), ("operand", x)):
        for text, factor in (
            (f"1 - y², y its {name}, is taken for the derivative", lambda y=value: 1 - y * y),
            (f"y(1 - y), y its {name}, is taken for the derivative", lambda y=value: y * (1 - y)),
            (f"1 - y, y its {name}, is taken for the derivative", lambda y=value: 1 - y),
            (
                f"1 - tanh(y)², y its {name}, is taken for the derivative",
                lambda y=value: 1 - np.tanh(y) ** 2,
            ),
            (
                f"2 sign(y), y its {name}, is taken for the derivative",
                lambda y=value: 2 * np.sign(y),
            ),
            (f"y², y its {name}, is taken for the derivative", lambda y=value: y * y),
            (f"y, its {name}, is taken for the derivative", lambda y=value: y),
            (f"1/y, y its {name}, is taken for the derivative", lambda y=value: 1 / y),
            (
                f"the step y > 0, y its {name}, is taken for the derivative",
                lambda y=value: 1.0 * (y > 0),
            ),
            (
                f"the step y ≤ 0, y its {name}, is taken for the derivative",
                lambda y=value: 1.0 * (y <= 0),
            ),
        ):
            yield key, text, lambda g, part, factor=factor: g * factor()


def _other_sums(shape: tuple[int, ...]) -> Iterator[tuple[str, str, Alter]]:
    """What happens to the axes along which the operand was broadcast."""

    def reduced(g: Array, how: Callable[[Array], Array]) -> Array:
        if g.shape == shape or g.ndim <= len(shape):
            raise ValueError("not broadcast along a leading axis")
        while g.ndim > len(shape):
            g = how(g)
        return g

    for text, how in (
        ("the first case alone is taken instead of the sum", lambda g: g[0]),
        ("the last case alone is taken instead of the sum", lambda g: g[-1]),
    ):
        yield "broadcast-sum", text, lambda g, part, how=how: reduced(part, how)
    yield (
        "broadcast-sum",
        "the mean is taken instead of the sum",
        (lambda g, part: reduced(part, lambda x: x.mean(axis=0))),
    )
    if len(shape) == 1:
        yield (
            "wrong-axis",
            "the sum runs over the last axis instead of the first",
            (lambda g, part: _square(part).sum(axis=-1)),
        )


def _square(x: Array) -> Array:
    if x.ndim != 2:
        raise ValueError("not a matrix")
    return x


def _other_operands(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    """Another value of the same shape in the place of one that the rule uses."""
    k, j = step
    primitive, operands, z, static = found.nodes[k].call
    place = found.nodes[k].parents[j][0]
    if primitive.name not in ("matmul", "multiply", "divide", "square", "tanh", "exp", "where"):
        return
    values = _values(found)
    for i, x in enumerate((*operands, z)):
        if np.ndim(x) == 0 and not isinstance(x, np.ndarray):
            continue
        for what, other in values:
            if other is x or other.shape != np.shape(x) or other.ndim == 0:
                continue

            def alter(g: Array, part: Array, i: int = i, other: Array = other) -> Array:
                changed = [other if n == i else y for n, y in enumerate((*operands, z))]
                return adjoint_of(primitive)(place, g, changed[-1], tuple(changed[:-1]), static)

            yield (
                "stale",
                f"its {'result' if i == len(operands) else f'operand {i + 1}'} is mistaken for {what}",
                alter,
            )


def _values(found: Chain) -> list[tuple[str, Array]]:
    """Each array that the loss computed or was given, once, with words for it."""
    seen: dict[int, tuple[str, Array]] = {}
    for k, node in enumerate(found.nodes):
        primitive, operands, z, _ = node.call
        for x in operands:
            if isinstance(x, np.ndarray) and x.ndim and x.dtype.kind == "f":
                seen.setdefault(id(x), (f"an operand of {primitive.name} (operation {k + 1})", x))
        seen[id(z)] = (f"the result of {primitive.name} (operation {k + 1})", z)
    return list(seen.values())
