"""Functions of numbers, entry by entry; operands broadcast.

Source: Python array API standard 2024.12, "Element-wise functions".
"""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family(
    "elementwise",
    (
        *("abs", "sign", "square", "sqrt", "pow", "exp", "expm1", "log", "log1p", "logaddexp"),
        *("sin", "cos", "tanh", "atan", "atan2", "hypot"),
        *("maximum", "minimum"),
    ),
    elementwise=True,
)
