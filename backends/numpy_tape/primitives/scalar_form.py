"""How an elementwise operation is written on Python floats, in programs of a handful of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

CONDITION, COMPARE, SUM, PRODUCT, SIGN, ATOM = range(6)
"""How strongly an expression binds: `x if c else y`, `x > y`, `x + y`, `x * y`, `-x`, `x`."""


@dataclass(frozen=True)
class ScalarForm:
    """A Python expression.

    text: the expression, with {0}, {1}, ... for the operands. binds: how strongly.
    inside: how strongly each operand must bind to stand there without parentheses.
    sign: of an operator that NumPy's scalars know as well; "" if there is none.
    """

    text: str
    binds: int
    inside: tuple[int, ...]
    sign: str = ""

    @cached_property
    def repeats(self) -> bool:
        """Whether an operand is written more than once."""
        return any(self.text.count(f"{{{i}}}") > 1 for i in range(len(self.inside)))


def infix(sign: str, binds: int) -> ScalarForm:
    """`x + y`: operators of a kind group from the left, but Python chains comparisons."""
    left = binds + 1 if binds == COMPARE else binds
    return ScalarForm(f"{{0}} {sign} {{1}}", binds, (left, binds + 1), sign)


NEGATED = ScalarForm("-{0}", SIGN, (SIGN,))
SQUARED = ScalarForm("{0} * {0}", PRODUCT, (PRODUCT + 1,))
ABSOLUTE = ScalarForm("abs({0})", ATOM, (CONDITION,))
# NaN on either side is the result, as NumPy has it.
LARGER = ScalarForm("{0} if {0} >= {1} or {0} != {0} else {1}", CONDITION, (SIGN, SIGN))
SMALLER = ScalarForm("{0} if {0} <= {1} or {0} != {0} else {1}", CONDITION, (SIGN, SIGN))
CHOSEN = ScalarForm("{1} if {0} else {2}", CONDITION, (COMPARE, COMPARE, COMPARE))
BOTH = ScalarForm("{0} and {1}", CONDITION, (SIGN, SIGN))
EITHER = ScalarForm("{0} or {1}", CONDITION, (SIGN, SIGN))
NOT = ScalarForm("not {0}", CONDITION, (SIGN,))
