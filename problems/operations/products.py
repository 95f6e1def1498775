"""Products of matrices and of arrays of any rank."""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family("products", ("matmul", "einsum"))
