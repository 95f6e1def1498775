"""Products of matrices and of arrays of any rank."""

from __future__ import annotations

from collections.abc import Callable

from gradparity.backends.numpy_tape.operations.einsum_subscripts import einsum
from gradparity.backends.numpy_tape.operations.loss_operands import admitting
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.problems import Array

OPERATIONS: dict[str, Callable[..., Array]] = {"matmul": admitting(p.matmul), "einsum": einsum}
