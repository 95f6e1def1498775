"""What moves entries about, and picks some.

Source: Python array API standard 2024.12, "Manipulation functions" and "Indexing functions".
"""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family(
    "shapes",
    (
        *("reshape", "expand_dims", "squeeze", "broadcast_to", "permute_dims", "matrix_transpose"),
        *("concat", "stack", "flip", "roll", "take", "take_along_axis"),
    ),
)
