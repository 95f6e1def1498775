"""Rules for elementwise primitives: rule(builder, *operands) -> a better node, or None.

Numbers are moved to the right of a product and outwards, so that they meet and are multiplied
before the program runs.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.programs.builder import Builder, Rule, is_call, number
from gradparity.backends.numpy_tape.programs.program import Node, Operand


def _negative(b: Builder, x: Node) -> Node | None:
    if x.name == "negative":
        return x.inputs[0]  # type: ignore[no-any-return]
    if x.name == "subtract":
        return b.make("subtract", x.inputs[1], x.inputs[0])
    if x.name in ("multiply", "divide") and (c := number(x.inputs[1])) is not None:
        return b.make(x.name, x.inputs[0], -c)
    if x.name == "broadcast_to":
        return b.shaped(b.make("negative", x.inputs[0]), x.shape)
    return None


def _add(b: Builder, x: Operand, y: Operand) -> Node | None:
    if number(x) is not None:
        return b.make("add", y, x)
    c = number(y)
    if c == 0.0 and _keeps(b, "add", x, y):
        return x  # type: ignore[no-any-return]
    if is_call(y, "negative"):
        return b.make("subtract", x, y.inputs[0])
    if is_call(x, "negative"):
        return b.make("subtract", y, x.inputs[0])
    if x is y:
        return b.make("multiply", x, 2.0) if x.dtype.kind == "f" else None
    u, a = _scaled(x)
    v, e = _scaled(y)
    # A difference shares y c with whoever else needs it, and rounds to the same.
    if e < 0.0:
        return b.make("subtract", x, b.make("multiply", v, -e))
    if a < 0.0:
        return b.make("subtract", y, b.make("multiply", u, -a))
    same = u is v and isinstance(u, Node) and u.dtype.kind == "f" and u.shape == x.shape == y.shape
    if same and u.dtype != np.longdouble:
        return b.make("multiply", u, a + e)
    return None


def _subtract(b: Builder, x: Operand, y: Operand) -> Node | None:
    if number(y) == 0.0 and _keeps(b, "subtract", x, y):
        return x  # type: ignore[no-any-return]
    if is_call(y, "negative"):
        return b.make("add", x, y.inputs[0])
    if number(x) == 0.0 and _keeps(b, "subtract", x, y):
        return b.make("negative", y)
    return None


def _multiply(b: Builder, x: Operand, y: Operand) -> Node | None:
    if number(x) is not None and number(y) is None:
        return b.make("multiply", y, x)
    if x is y:
        return b.make("square", x)
    c = number(y)
    if c is not None and isinstance(x, Node) and x.dtype.kind == "f":
        return _scaling(b, x, c) if _keeps(b, "multiply", x, y) else None
    if c is None and (x.dtype.kind, y.dtype.kind) == ("f", "f"):
        return _product(b, x, y)
    return None


def _scaling(b: Builder, x: Node, c: Any) -> Node | None:
    """x c for a number c."""
    if not _keeps(b, "multiply", x, c):
        return None
    if c == 1.0:
        return x
    if c == 0.0:
        return b.full(x, 0.0)
    if c == -1.0:
        return b.make("negative", x)
    if x.name == "negative":
        return b.make("multiply", x.inputs[0], -c)
    if x.name in ("multiply", "divide"):
        left, right = x.inputs
        if x.name == "multiply" and (a := number(right)) is not None and _times(a, c, x.dtype):
            return b.make("multiply", left, a * c)
        if x.name == "divide" and (a := number(left)) is not None and _times(a, c, x.dtype):
            return b.make("divide", a * c, right)
        if x.name == "multiply" and x.size > 1:
            for scalar, array in ((left, right), (right, left)):
                if isinstance(scalar, Node) and scalar.size == 1 and array.shape == x.shape:
                    return b.make("multiply", b.make("multiply", scalar, c), array)
    return None


def _product(b: Builder, x: Node, y: Node) -> Node | None:
    """x y for arrays."""
    for u, v in ((x, y), (y, x)):
        if u.name == "negative":
            return b.make("negative", b.make("multiply", u.inputs[0], v))
        w, c = _scaled(u)
        z, e = _scaled(v)
        if w is not u and z is not v and _times(c, e, u.dtype) and u.dtype == v.dtype:
            return b.make("multiply", b.make("multiply", w, z), c * e)
        if u.name == "divide" and u.inputs[1] is v and positive(v):
            return _broadcast(b, u.inputs[0], v)
        if u.name == "divide" and number(u.inputs[0]) == 1.0 and u.shape == v.shape:
            return b.make("divide", v, u.inputs[1])
    return None


def _broadcast(b: Builder, x: Operand, like: Node) -> Node:
    return b.shaped(x, like.shape) if isinstance(x, Node) else b.full(like, x)


def _divide(b: Builder, x: Operand, y: Operand) -> Node | None:
    c = number(y)
    if is_call(x, "negative"):
        return b.make("negative", b.make("divide", x.inputs[0], y))
    if c is not None and isinstance(x, Node) and x.dtype.kind == "f" and _keeps(b, "divide", x, y):
        if c == 1.0:
            return x
        exact = c != 0.0 and math.frexp(c)[0] in (0.5, -0.5)
        # A number is divided as exactly as the loss says; on arrays a division costs four products.
        if (exact or x.size > 1) and _safe(c, x.dtype) and _safe(1.0 / c, x.dtype):
            if x.dtype == np.longdouble and not exact:
                return None
            return b.make("multiply", x, 1.0 / c)
    if number(x) == 0.0 and isinstance(y, Node) and y.dtype.kind == "f":
        return b.full(y, 0.0)
    return None


def _square(b: Builder, x: Node) -> Node | None:
    return b.make("square", x.inputs[0]) if x.name == "negative" else None


def _power(b: Builder, x: Operand, y: Operand) -> Node | None:
    c = number(y)
    if c is None or not isinstance(x, Node) or x.dtype.kind != "f" or not _keeps(b, "power", x, y):
        return None
    if c == 1.0:
        return x
    if c == 0.0:
        return b.full(x, 1.0)
    if c == 2.0:
        return b.make("square", x)
    if c == 0.5:
        return b.make("sqrt", x)
    return b.make("divide", 1.0, x) if c == -1.0 else None


def _where(b: Builder, c: Operand, x: Operand, y: Operand) -> Node | None:
    if x is y and isinstance(x, Node) and isinstance(c, Node) and c.shape == x.shape:
        return x
    if number(x) is not None and number(x) == number(y):
        return b.full(b.graph.node("where", c, x, y), number(x))
    relu = is_call(c, "greater") and number(c.inputs[1]) == 0.0 and number(y) == 0.0
    if relu and c.inputs[0] is x and x.dtype.kind == "f":
        # On NaN the maximum is NaN where the comparison would say 0.
        return b.make("maximum", x, 0.0)
    return None


def _astype(b: Builder, x: Node, dtype: Any) -> Node | None:
    if x.dtype == np.dtype(dtype):
        return x
    value = number(x)
    return None if value is None else b.graph.full(x.shape, value, dtype)


def _scaled(x: Operand) -> tuple[Operand, Any]:
    """(u, a) with x = u a for a number a."""
    if is_call(x, "multiply") and (a := number(x.inputs[1])) is not None:
        return x.inputs[0], a
    return x, 1.0


def _safe(c: Any, dtype: Any) -> bool:
    """Whether a number is far from where it would overflow or lose digits."""
    return 1e-30 < abs(c) < 1e30 if dtype.kind == "f" else False


def _times(a: Any, c: Any, dtype: Any) -> bool:
    """Whether two factors may become one number: in longdouble, only if that is exact."""
    if dtype != np.longdouble:
        return _safe(a * c, dtype)
    known = isinstance(a, int | float) and isinstance(c, int | float)
    return known and _safe(a * c, dtype) and Fraction(a * c) == Fraction(a) * Fraction(c)


def _keeps(b: Builder, name: str, x: Operand, y: Operand) -> bool:
    """Whether f(x, y) has the shape and dtype of the operand that is a node."""
    node = x if isinstance(x, Node) and number(x) is None else y
    if not isinstance(node, Node):
        return False
    if node.dtype.kind == "f" and type(x if node is y else y) in (float, int):
        return True
    result = b.graph.node(name, x, y)
    return (result.shape, result.dtype) == (node.shape, node.dtype)


def positive(x: Operand) -> bool:
    """Whether x is a sum of exponentials: positive unless all of them underflow."""
    while is_call(x, "sum", "reshape", "broadcast_to", "transpose"):
        x = x.inputs[0]
    return is_call(x, "exp")


ELEMENTWISE_RULES: dict[str, tuple[Rule, ...]] = {
    "negative": (_negative,),
    "add": (_add,),
    "subtract": (_subtract,),
    "multiply": (_multiply,),
    "divide": (_divide,),
    "square": (_square,),
    "power": (_power,),
    "where": (_where,),
    "astype": (_astype,),
}
