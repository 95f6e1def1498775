"""Functions of numbers, entry by entry; operands broadcast.

Source: Python array API standard 2024.12, "Element-wise functions".

Conventions at kinks: maximum and minimum share a tie evenly; abs and hypot have 0 at 0; x**0 has 0
at 0; steps (floor, ceil, round, trunc, and remainder at multiples of its divisor) have the slope of
their pieces everywhere. round takes halves to the even neighbour.
"""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family(
    "elementwise",
    (
        *("abs", "sign", "square", "sqrt", "reciprocal", "pow", "maximum", "minimum"),
        *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp"),
        *("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "hypot"),
        *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        *("floor", "ceil", "round", "trunc", "remainder"),
    ),
    elementwise=True,
)
