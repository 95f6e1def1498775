"""Complex parameters as pairs of real ones: a real loss has a slope along each.

A library puts the two slopes into one number, in its own way. Torch's gradient is
∂L/∂re + i ∂L/∂im, along which the loss rises fastest; JAX's is ∂L/∂re - i ∂L/∂im, its conjugate. A
gradient by hand is read as the library of the loss has it, of a NumPy loss as torch does.

Source: https://docs.pytorch.org/docs/stable/notes/autograd.html, complex numbers;
https://docs.jax.dev/en/latest/notebooks/autodiff_cookbook.html, complex numbers.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradparity.harness.findings.finding import Cause, Diagnosis
from gradparity.harness.plain.caller import divided
from gradparity.harness.plain.from_numpy.array import RecordedArray
from gradparity.harness.plain.from_numpy.complex_arrays import RecordedComplex
from gradparity.harness.plain.native import PlainFunction, dtype_of, library_of, native
from gradparity.harness.plain.trees import Leaves, Tree, leaves_of, matched, rebuilt

SIGNS = {"numpy": 1, "torch": 1, "jax": -1}
"""Of ∂L/∂im in a library's gradient."""


@dataclass(frozen=True, slots=True)
class RealParts:
    """A tree with complex leaves, each in two real ones: "w" is "w.re" and "w.im".

    tree: as given. whole: its leaves. home: the name of the loss's library.
    """

    tree: Tree
    whole: Leaves
    home: str

    @staticmethod
    def of(params: Tree, library: str | None) -> RealParts | None:
        """The record; None where no leaf is complex. Raises: InputError for no parameters."""
        whole = leaves_of(params)
        if not any(map(_is_complex, whole.values())):
            return None
        return RealParts(params, whole, native(library, whole.values()).name)

    @property
    def params(self) -> Leaves:
        """The real leaves by path."""
        return self._parted(self.whole, 1)

    def loss(self, function: PlainFunction) -> PlainFunction:
        """A function of the tree as one of the real leaves."""
        return lambda leaves, *args: function(self._joined(leaves), *args)

    def gradient(
        self, function: PlainFunction, changed: Callable[[Any], Any] = lambda g: g
    ) -> PlainFunction:
        """A gradient in complex numbers as one by the real leaves; changed: done to each first."""

        def called(leaves: Leaves, *args: Any) -> Any:
            value, tree = divided(function(self._joined(leaves), *args), self.whole)
            given = {
                k: changed(x) if _is_complex(x) else x for k, x in matched(tree, self.whole).items()
            }
            found = self._parted(given, SIGNS[self.home])
            return found if value is None else (value, found)

        return called

    def mistakes(self) -> Iterator[tuple[Callable[[Any], Any], Diagnosis]]:
        """What may be done to a wrong gradient, and what is to be said if that makes it right."""
        yield lambda g: g.conj(), self._conjugated
        for factor, back in (("i", -1j), ("-i", 1j)):
            told = f"The complex gradient is {factor} times what it should be."
            yield partial(operator.mul, back), Diagnosis((Cause("factor", told),))

    @property
    def _conjugated(self) -> Diagnosis:
        own, other = ("JAX", "torch") if self.home == "jax" else ("torch", "JAX")
        meant = f"∂L/∂re {'-' if self.home == 'jax' else '+'} i ∂L/∂im"
        told = (
            f"It is the conjugate of the gradient, which is {meant} of a loss in "
            f"{self.home.replace('numpy', 'NumPy').replace('jax', 'JAX')}, as {own} has it; "
            f"{other}'s is the conjugate."
        )
        return Diagnosis((Cause("conjugate", told),))

    def _joined(self, leaves: Mapping[str, Any]) -> Tree:
        joined = {
            path: _joined(leaves[f"{path}.re"], leaves[f"{path}.im"])
            if _is_complex(x)
            else leaves[path]
            for path, x in self.whole.items()
        }
        return rebuilt(self.tree, joined)

    def _parted(self, leaves: Leaves, sign: int) -> Leaves:
        """The real leaves of complex ones; what is real where it may be complex has an im of 0."""
        found = {}
        for path, x in leaves.items():
            if not _is_complex(self.whole[path]):
                found[path] = x
                continue
            parts = (x.real, sign * x.imag) if _is_complex(x) else (x, 0.0 * x)
            found[f"{path}.re"], found[f"{path}.im"] = parts
        return found


def _is_complex(x: Any) -> bool:
    return "complex" in dtype_of(x)


def _joined(re: Any, im: Any) -> Any:
    """The complex array of two real ones, of any library or recorded."""
    if isinstance(re, RecordedArray):
        return RecordedComplex(re, im, re.call)
    library = library_of(re)
    if library == "torch":
        return sys.modules["torch"].complex(re, im)
    if library == "jax":
        return sys.modules["jax"].lax.complex(re, im)
    return re + 1j * im
