"""What is true of numbers, entry by entry: arrays of truth values, which have no derivative.

Source: Python array API standard 2024.12, "Element-wise functions".
"""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family(
    "comparisons",
    (
        *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
        *("logical_and", "logical_or", "logical_xor", "logical_not"),
        *("isnan", "isinf", "isfinite"),
    ),
    elementwise=True,
)
