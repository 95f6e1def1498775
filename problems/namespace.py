"""The operations that a loss may use, under their Array API names.

A loss is written once, `loss(xp, params, data)`, and `xp` is a `Namespace`: a view of NumPy, JAX,
torch or one of our own engines that offers exactly the operations below. Anything else raises at
once and names itself. Arithmetic, comparison, `@` and indexing are written with Python's operators.

Source: Python array API standard 2024.12, https://data-apis.org/array-api/2024.12/; `einsum` is an
addition, under the same name in all the libraries.
"""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Mapping
from typing import Any

from gradparity.problems.errors import InputError

ELEMENTWISE = (
    *("abs", "sign", "square", "sqrt", "pow", "exp", "expm1", "log", "log1p", "logaddexp"),
    *("sin", "cos", "tanh", "atan", "atan2", "hypot"),
    *("maximum", "minimum"),
)
SELECTIONS = ("clip", "where")
REDUCTIONS = ("sum", "mean", "prod", "max", "min", "cumulative_sum")
PRODUCTS = ("matmul", "einsum")
SHAPES = (
    *("reshape", "expand_dims", "squeeze", "broadcast_to", "permute_dims", "matrix_transpose"),
    *("concat", "stack", "flip", "roll", "take", "take_along_axis"),
)
CREATION = ("zeros_like", "ones_like", "arange", "astype")

OPERATIONS = (*ELEMENTWISE, *SELECTIONS, *REDUCTIONS, *PRODUCTS, *SHAPES, *CREATION)


class OperationError(InputError):
    """A loss asked for an operation outside the whitelist."""


class MissingOperation(LookupError):
    """A table of operations lacks one: a fault of ours, named by operation, table and file."""


def require(table: str, given: Container[str], needed: Iterable[str]) -> None:
    """Raise MissingOperation unless `table`, "NAME in FILE", has a line for every operation."""
    missing = [name for name in needed if name not in given]
    if missing:
        raise MissingOperation(f"no line for {', '.join(missing)} in {table}")


class Namespace:
    """The whitelisted operations of one array library.

    library: its name, for messages.
    source: an object with the operations as attributes (an Array API module).
    replacements: operations to take from here instead.
    Raises: MissingOperation for an operation that neither has.
    """

    def __init__(
        self, library: str, source: object, replacements: Mapping[str, Any] | None = None
    ) -> None:
        self.library = library
        given = replacements or {}
        found = {n: given[n] if n in given else getattr(source, n, None) for n in OPERATIONS}
        known = [name for name, operation in found.items() if operation is not None]
        require(f"the namespace of {library}", known, OPERATIONS)
        self.__dict__.update(found)

    def replaced(self, **operations: Any) -> Namespace:
        """The same operations but for these."""
        other = Namespace.__new__(Namespace)
        other.__dict__.update(self.__dict__, **operations)
        return other

    def __getattr__(self, name: str) -> Any:
        near = difflib.get_close_matches(name, OPERATIONS, n=1, cutoff=0.6)
        hint = f"; did you mean xp.{near[0]}?" if near else ";"
        raise OperationError(
            f"xp.{name} is not an operation that a loss may use{hint} known: "
            + ", ".join(OPERATIONS)
        )
