"""Complex arrays of number systems that know real ones alone: two real arrays, and their rules.

Parameters and losses are real; in between a loss may compute with complex numbers. JAX, torch,
NumPy and autograd have arrays of them. Elsewhere a complex array is a `ComplexArray`, and what is
done to it is written out in operations on its parts, whose derivatives are known:

    (a + ib)(c + id) = ac − bd + i(ad + bc),  e^z = e^a (cos b + i sin b),  ln z = ln |z| + i arg z

|z| has the slope 0 at 0, as `hypot` has. Roots and powers are principal values, ln z jumps where
b changes its sign at a < 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gradparity.problems.errors import InputError


class ComplexArray:
    """A complex array as a loss sees it. real, imag: real arrays of one shape; xp: of the loss."""

    __slots__ = ("imag", "real", "xp")
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__: Any = None

    def __init__(self, xp: Any, real: Any, imag: Any) -> None:
        shape = real.shape if real.shape == imag.shape else (real + imag).shape
        spread = [x if x.shape == shape else xp.broadcast_to(x, shape) for x in (real, imag)]
        self.xp, (self.real, self.imag) = xp, spread

    shape = property(lambda self: self.real.shape)
    ndim = property(lambda self: len(self.real.shape))
    size = property(lambda self: self.real.size)
    dtype = property(lambda self: f"complex numbers of {self.real.dtype}")

    @property
    def T(self) -> ComplexArray:
        """The array with its last two axes exchanged."""
        return self.xp.matrix_transpose(self)  # type: ignore[no-any-return]

    def conj(self) -> ComplexArray:
        """The complex conjugate."""
        return ComplexArray(self.xp, self.real, -self.imag)

    def __getitem__(self, key: Any) -> ComplexArray:
        return ComplexArray(self.xp, self.real[key], self.imag[key])

    def __len__(self) -> int:
        return int(self.shape[0])

    def __iter__(self) -> Iterator[ComplexArray]:
        return (self[i] for i in range(len(self)))

    def __neg__(self) -> ComplexArray:
        return ComplexArray(self.xp, -self.real, -self.imag)

    def __pos__(self) -> ComplexArray:
        return self

    def __abs__(self) -> Any:
        return self.xp.hypot(self.real, self.imag)

    def __add__(self, other: Any) -> ComplexArray:
        c, d = parts(other)
        return ComplexArray(self.xp, self.real + c, _sum(self.imag, d))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> ComplexArray:
        return bilinear(self.xp, lambda x, y: x * y, self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> ComplexArray:
        c, d = parts(other)
        if d is None:
            return ComplexArray(self.xp, self.real / c, self.imag / c)
        a, b, size = self.real, self.imag, c * c + d * d
        return ComplexArray(self.xp, (a * c + b * d) / size, (b * c - a * d) / size)

    def __rtruediv__(self, other: Any) -> Any:
        size = self.real * self.real + self.imag * self.imag
        return self.conj() * other / size

    def __matmul__(self, other: Any) -> ComplexArray:
        return bilinear(self.xp, lambda x, y: x @ y, self, other)

    def __rmatmul__(self, other: Any) -> ComplexArray:
        return bilinear(self.xp, lambda x, y: x @ y, other, self)

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, int):
            return exponential(self.xp, logarithm_of(self.xp, self) * exponent)
        if exponent <= 0:
            one = self.xp.ones_like(self.real)
            return one / self**-exponent if exponent else ComplexArray(self.xp, one, 0 * one)
        half = self if exponent == 1 else self ** (exponent // 2)
        whole = half if exponent == 1 else half * half
        return whole * self if exponent % 2 and exponent > 1 else whole

    def __rpow__(self, base: Any) -> ComplexArray:
        logarithm = self.xp.log(base + self.xp.zeros_like(self.real))
        return exponential(self.xp, self * logarithm)

    def __bool__(self) -> bool:
        raise InputError("a complex array is neither true nor false, and has no order")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = lambda self, other: bool(self)

    def __float__(self) -> float:
        raise InputError("a complex array is no real number; write abs(z), z.real or z.imag")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise InputError(f"a loss may not use z.{name} of a complex array")


def yielding(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator of a real array, which leaves one with a complex array to that."""
    return lambda x, y: NotImplemented if isinstance(y, ComplexArray) else operator(x, y)


def parts(x: Any) -> tuple[Any, Any]:
    """Real and imaginary part of an operand; None for that of a real one."""
    if isinstance(x, ComplexArray | complex):
        return x.real, x.imag
    return x, None


def _sum(x: Any, y: Any) -> Any:
    return y if x is None else x if y is None else x + y


def bilinear(xp: Any, product: Callable[[Any, Any], Any], x: Any, y: Any) -> ComplexArray:
    """A product of real arrays, linear in each, of operands that may be complex."""
    (a, b), (c, d) = parts(x), parts(y)
    if d is None:
        return ComplexArray(xp, product(a, c), product(b, c))
    if b is None:
        return ComplexArray(xp, product(a, c), product(a, d))
    real, imag = product(a, c) - product(b, d), product(a, d) + product(b, c)
    return ComplexArray(xp, real, imag)


def exponential(xp: Any, z: Any) -> ComplexArray:
    """e^z."""
    size = xp.exp(z.real)
    return ComplexArray(xp, size * xp.cos(z.imag), size * xp.sin(z.imag))


def logarithm_of(xp: Any, z: Any) -> ComplexArray:
    """ln z."""
    return ComplexArray(xp, xp.log(xp.hypot(z.real, z.imag)), xp.atan2(z.imag, z.real))
