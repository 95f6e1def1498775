"""Arrays made of nothing but a shape, and of another dtype.

Source: Python array API standard 2024.12, "Creation functions" and "Data type functions".
"""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family("creation", ("zeros_like", "ones_like", "arange", "astype"))
