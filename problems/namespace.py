"""The operations that a loss may use, under their Array API names.

A loss is written once, `loss(xp, params, data)`, and `xp` is a `Namespace`: a view of NumPy, JAX,
torch or one of our own engines that offers exactly the operations of `operations/families.py`.
Anything else raises at once and names itself. Arithmetic, comparison, `@` and indexing are written
with Python's operators.

Source: Python array API standard 2024.12, https://data-apis.org/array-api/2024.12/; what it has not
got has the name that SciPy, JAX or torch give it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial
from typing import Any, NoReturn

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.matrices import arrays
from gradparity.problems.matrices import functions as matrices
from gradparity.problems.operations import numpy_functions
from gradparity.problems.operations.families import COMPOSITES, OPERATIONS, PRIMITIVES
from gradparity.problems.operations.values.complex_rules import admitting_complex
from gradparity.problems.special import functions


class OperationError(InputError):
    """A loss asked for an operation outside the whitelist, or one that a library has not got."""


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
    replacements: operations to take from here instead. A composite is the function of
    `operations/` over this very namespace, unless it is replaced by the library's own.
    without: name -> why this library cannot do it, one clause; a loss that asks for it is told so.
    complex_pairs: whether it knows real arrays alone, and a complex one is a pair of them.
    Raises: MissingOperation for an operation that neither has.
    """

    def __init__(
        self,
        library: str,
        source: object,
        replacements: Mapping[str, Any] | None = None,
        without: Mapping[str, str] | None = None,
        complex_pairs: bool = False,
    ) -> None:
        self.library, self.complex_pairs = library, complex_pairs
        self.without = dict(without or {})
        given = replacements or {}
        found: dict[str, Any] = {
            name: _refusing(library, name, why) for name, why in self.without.items()
        }
        for name in PRIMITIVES:
            if name not in found:
                found[name] = given[name] if name in given else getattr(source, name, None)
        known = [name for name, operation in found.items() if operation is not None]
        require(f"the namespace of {library}", known, PRIMITIVES)
        self._own = found | {name: given[name] for name in COMPOSITES if name in given}
        self._at_hand()

    def _at_hand(self) -> None:
        if not self.complex_pairs:
            self.__dict__.update(self._own)

    @property
    def linalg(self) -> Namespace:
        """The same operations: xp.linalg.solve is xp.solve."""
        return self

    @property
    def fft(self) -> Transforms:
        """The Fourier transforms: xp.fft.rfft and its like."""
        return Transforms(self)

    def replaced(self, **operations: Any) -> Namespace:
        """The same operations but for these, which composites then use as well."""
        other = Namespace.__new__(Namespace)
        other.library, other.without = self.library, self.without
        other.complex_pairs = self.complex_pairs
        other._own = {**self._own, **operations}
        other._at_hand()
        return other

    def own(self, name: str) -> bool:
        """Whether an operation is computed by a rule of this library, not composed of others."""
        return name in self._own

    def __getattr__(self, name: str) -> Any:
        bound = self.__dict__.get("_own", {}).get(name)
        if bound is None and name in COMPOSITES:
            bound = partial(COMPOSITES[name], self)
        if bound is not None:
            if self.complex_pairs:
                bound = admitting_complex(name, bound, self)
            self.__dict__[name] = bound
            return bound
        near = difflib.get_close_matches(name, OPERATIONS, n=1, cutoff=0.6)
        hint = f"; did you mean xp.{near[0]}?" if near else ";"
        raise OperationError(
            f"xp.{name} is not an operation that a loss may use{hint} known: "
            + ", ".join(OPERATIONS)
        )


class Transforms:
    """The Fourier transforms of a namespace, as the standard groups them."""

    def __init__(self, xp: Namespace) -> None:
        self._xp = xp

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, f"fft.{name}")


def _refusing(library: str, name: str, why: str) -> Callable[..., NoReturn]:
    def operation(*_: Any, **__: Any) -> NoReturn:
        raise OperationError(f"{library} has no xp.{name}: {why}")

    return operation


REPLACEMENTS: dict[str, Callable[..., Any]] = {
    **arrays.OPERATIONS,
    "argsort": numpy_functions.argsort,
    "argmax": np.argmax,
    "segment_sum": numpy_functions.segment_sum,
    **numpy_functions.COMPLEX,
    "fourier": matrices.fourier,
    **{name: getattr(functions, name) for name in functions.__all__},
}
"""What NumPy lacks, or has under another name: operation -> function of NumPy arrays."""


def numpy_namespace(library: str = "numpy", **replacements: Callable[..., Any]) -> Namespace:
    """The operations on NumPy arrays of any floating dtype; some may be replaced."""
    return Namespace(library, np, {**REPLACEMENTS, **replacements})


NUMPY = numpy_namespace()
"""The operations on NumPy arrays."""
