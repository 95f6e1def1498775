"""A formula that a reader types, as a loss that every backend differentiates.

Arithmetic, numbers, the variables, pi and e, and the functions below: nothing else is looked up, so
that a formula can do no harm.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from gradparity.problems import Arrays, InputError, functions
from gradparity.problems.namespace import Namespace

FUNCTIONS = ("abs", "cos", "exp", "log", "maximum", "minimum", "sin", "sqrt", "tanh")
OWN = {"sigmoid": functions.sigmoid, "softplus": functions.softplus, "relu": functions.relu}
CONSTANTS = {"pi": math.pi, "e": math.e}
LARGEST_EXPONENT = 64

Term = Callable[[Namespace, Arrays], Any]


def loss_of(text: str, variables: Sequence[str]) -> Callable[[Namespace, Arrays, Arrays], Any]:
    """loss(xp, params, data) of a formula in `variables`, which are scalar parameters.

    "^" is a power, as "**" is. Raises InputError that names what is not understood.
    """
    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{text!r} is no formula: {error.args[0] if error.args else error}"
        ) from None
    try:
        term = _term(tree.body, frozenset(variables))
    except RecursionError:
        raise InputError("the formula is nested too deeply") from None
    zero = variables[0]
    return lambda xp, params, data: term(xp, params) + 0.0 * params[zero]


def _term(node: ast.expr, variables: frozenset[str]) -> Term:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value) if abs(value) < 1e300:
            number = float(value)
            return lambda xp, params: number
        case ast.Name(id=name) if name in variables:
            return lambda xp, params: params[name]
        case ast.Name(id=name) if name in CONSTANTS:
            return lambda xp, params: CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            term = _term(inner, variables)
            return lambda xp, params: -term(xp, params)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _term(inner, variables)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_term(left, variables), right)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            act = _ARITHMETIC[type(op)]
            one, other = _term(left, variables), _term(right, variables)
            return lambda xp, params: act(one(xp, params), other(xp, params))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(name, [_term(arg, variables) for arg in args])
    known = ", ".join(sorted([*variables, *CONSTANTS, *FUNCTIONS, *OWN]))
    raise InputError(
        f"{ast.unparse(node)[:40]!r} is not understood; a formula has + - * / ^ and: {known}"
    )


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


def _power(base: Term, exponent: ast.expr) -> Term:
    sign, node = 1, exponent
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    if not (isinstance(node, ast.Constant) and isinstance(node.value, int | float)):
        raise InputError("an exponent must be a number")
    power = sign * node.value
    if abs(power) > LARGEST_EXPONENT:
        raise InputError(f"the exponent {power:g} is beyond {LARGEST_EXPONENT}")
    return lambda xp, params: base(xp, params) ** power


def _call(name: str, args: list[Term]) -> Term:
    wanted = 2 if name in ("maximum", "minimum") else 1
    if name not in (*FUNCTIONS, *OWN):
        raise InputError(
            f"{name!r} is no function of a formula; those are: {', '.join((*FUNCTIONS, *OWN))}"
        )
    if len(args) != wanted:
        raise InputError(
            f"{name} takes {wanted} argument{'s' if wanted > 1 else ''}, not {len(args)}"
        )
    if name in OWN:
        return lambda xp, params: OWN[name](xp, args[0](xp, params))
    return lambda xp, params: getattr(xp, name)(*(arg(xp, params) for arg in args))
