"""A square matrix, factorised once: what solves, an inverse and a determinant have in common.

NumPy factorises anew in every call. LAPACK's own routines, which SciPy hands out, keep P L U. They
see a matrix of rows as its transpose, which they factorise just as well: Aᵀ = P L U. Without SciPy
NumPy is asked.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class Factored(Protocol):
    """A matrix (n, n) that has been factorised."""

    def solve(self, b: Any) -> Any:
        """x with A x = b, (n,)."""
        ...

    def adjoint(self, b: Any) -> Any:
        """x with Aᵀ x = b, (n,)."""
        ...

    def determinant(self) -> Any:
        """The product of U's diagonal, its sign turned with every two rows that were exchanged."""
        ...

    def inverse(self) -> Any:
        """A⁻¹; the factors are no longer there."""
        ...


class ByLapack:
    """P L U of Aᵀ, in place of A, which is overwritten."""

    def __init__(self, a: Any) -> None:
        from scipy.linalg import lapack

        kind = "d" if a.dtype == np.float64 else "s"
        names = ("getrf", "getrs", "getri")
        self.getrf, self.getrs, self.getri = (getattr(lapack, kind + name) for name in names)
        self.lu, self.pivots, info = self.getrf(a.T, overwrite_a=True)
        if info > 0:
            raise np.linalg.LinAlgError("Singular matrix")

    def solve(self, b: Any) -> Any:
        """As `Factored`."""
        return self.getrs(self.lu, self.pivots, b, trans=1)[0]

    def adjoint(self, b: Any) -> Any:
        """As `Factored`."""
        return self.getrs(self.lu, self.pivots, b)[0]

    def determinant(self) -> Any:
        """As `Factored`."""
        exchanged = int(np.count_nonzero(self.pivots != np.arange(self.pivots.size)))
        return np.prod(np.diagonal(self.lu)) * (-1.0) ** exchanged

    def inverse(self) -> Any:
        """As `Factored`."""
        n = len(self.lu)
        return self.getri(self.lu, self.pivots, lwork=64 * n, overwrite_lu=True)[0].T


class ByNumpy:
    """The matrix itself."""

    def __init__(self, a: Any) -> None:
        self.a = a

    def solve(self, b: Any) -> Any:
        """As `Factored`."""
        return np.linalg.solve(self.a, b)

    def adjoint(self, b: Any) -> Any:
        """As `Factored`."""
        return np.linalg.solve(self.a.T, b)

    def determinant(self) -> Any:
        """As `Factored`."""
        return np.linalg.det(self.a)

    def inverse(self) -> Any:
        """As `Factored`."""
        return np.linalg.inv(self.a)


def factored(a: Any) -> Factored:
    """The matrix (n, n), factorised in its place. Raises LinAlgError where it is singular."""
    try:
        return ByLapack(a)
    except ImportError:
        return ByNumpy(a)
