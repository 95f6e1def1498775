"""Complex arrays of a plain NumPy loss: two real ones, and what is done to them.

What is done to the parts is written in NumPy once more, so that they note it themselves.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import Call, RecordedArray
from gradparity.harness.plain.steps.complex_pairs import FUNCTIONS, Apply, Pair
from gradparity.harness.plain.steps.complex_pairs import function as of_pairs
from gradparity.harness.plain.steps.fourier import transformed
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array
from gradparity.problems.namespace import NUMPY


class RecordedComplex(np.lib.mixins.NDArrayOperatorsMixin):
    """A complex array that depends on the parameters: its parts, one of them a `RecordedArray`."""

    def __init__(self, real: Any, imag: Any, call: Call) -> None:
        shape = np.broadcast_shapes(np.shape(real), np.shape(imag))
        self.real, self.imag = (
            x if np.shape(x) == shape else x + np.zeros(shape) for x in (real, imag)
        )
        self.call = call

    shape = property(lambda self: tuple(np.shape(self.real)))
    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: int(np.prod(self.shape)))
    dtype = property(lambda self: np.dtype(np.complex128))
    T = property(lambda self: self.call(np.transpose, (self,), {}))
    value = property(lambda self: _value(self.real) + 1j * _value(self.imag))

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """The sum, as `np.sum`."""
        return self.call(np.sum, (self, *args), kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """The mean, as `np.mean`."""
        return self.call(np.mean, (self, *args), kwargs)

    def reshape(self, *shape: Any) -> Any:
        """The array in another shape, given as numbers or as a tuple."""
        return self.call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {})

    def conj(self) -> Any:
        """The complex conjugate."""
        return RecordedComplex(self.real, -self.imag, self.call)

    conjugate = conj

    def __getitem__(self, key: Any) -> Any:
        return RecordedComplex(self.real[key], self.imag[key], self.call)

    def __len__(self) -> int:
        return int(self.shape[0])

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Untranslatable("the loss puts a complex result into a NumPy array")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Untranslatable(f"the loss uses z.{name} of a complex array, without a translation")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "reduce" and ufunc is np.add:
            return self.call(np.sum, inputs, {"axis": 0} | kwargs)
        if method != "__call__" or kwargs:
            raise Untranslatable(f"np.{ufunc.__name__} of complex numbers, called so")
        return self.call(ufunc, inputs, {})

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.call(function, args, kwargs)


def has_complex(x: Any) -> bool:
    """Whether there is a complex array or number in arguments."""
    if isinstance(x, tuple | list):
        return any(map(has_complex, x))
    if isinstance(x, dict):
        return any(map(has_complex, x.values()))
    return isinstance(x, RecordedComplex | complex) or getattr(x, "dtype", None) in _COMPLEX


_COMPLEX = (np.dtype(np.complex128), np.dtype(np.complex64))


def complex_result(
    call: Call, recording: StepRecording, function: Any, args: Any, kwargs: Any
) -> Any:
    """What a NumPy function makes of arguments with complex numbers in them, or of a transform.

    Raises: Untranslatable, which names a function that has no rule here.
    """

    def apply(rule: Callable[..., Array], *arrays: Any) -> Any:
        values = [x.value if isinstance(x, RecordedArray) else x for x in arrays]
        operands = [
            x.slot if isinstance(x, RecordedArray) else recording.constant(x) for x in arrays
        ]
        return RecordedArray(rule(NUMPY, *values), recording.step(rule, *operands), call)

    if function in TRANSFORMS:
        return _transform(call, apply, *TRANSFORMS[function], *args, **kwargs)
    parts = [_parts(x) for x in args]
    for _, im in parts:
        if isinstance(im, np.ndarray):
            recording.imaginary(im)
    if function in _RULES:
        found = _RULES[function](*parts)
        return RecordedComplex(found[0], found[1], call) if isinstance(found, tuple) else found
    if function in _BILINEAR:
        (a, b), (c, d) = parts
        b = -b if function is np.vdot else b
        real = function(a, c) - function(b, d)
        return RecordedComplex(real, function(a, d) + function(b, c), call)
    named = getattr(function, "__name__", "")
    if named in FUNCTIONS or (function is np.power and args[1] != int(args[1])):
        pair = Pair(*parts[0], args[0].value)
        return RecordedComplex(
            *of_pairs(named.replace("power", "pow"), *args[1:])(apply, pair), call
        )
    if function is np.power and args[1] == int(args[1]) and int(args[1]) > 0:
        found = args[0]
        for _ in range(int(args[1]) - 1):
            found = found * args[0]
        return found
    if function is np.where:
        (a, b), (c, d) = parts[1:]
        return RecordedComplex(np.where(args[0], a, c), np.where(args[0], b, d), call)
    if function in (np.concatenate, np.stack):
        pairs = [_parts(x) for x in args[0]]
        real, imag = (
            function([p[i] + np.zeros(np.shape(p[0])) for p in pairs], *args[1:], **kwargs)
            for i in (0, 1)
        )
        return RecordedComplex(real, imag, call)
    if function in _EACH:
        real, imag = (function(part, *args[1:], **kwargs) for part in parts[0])
        return RecordedComplex(real, imag, call)
    name = getattr(function, "__name__", repr(function))
    raise Untranslatable(f"np.{name} of complex numbers has no translation")


def _parts(x: Any) -> tuple[Any, Any]:
    if isinstance(x, RecordedArray):
        return x, 0.0
    if isinstance(x, RecordedComplex):
        return x.real, x.imag
    return (
        (np.real(x), np.imag(x)) if isinstance(x, np.ndarray | np.generic | complex) else (x, 0.0)
    )


def _value(x: Any) -> Array:
    return np.asarray(x.value if isinstance(x, RecordedArray) else x)


def _quotient(x: Any, y: Any) -> Any:
    (a, b), (c, d) = x, y
    size = c * c + d * d
    return (a * c + b * d) / size, (b * c - a * d) / size


def _exponential(x: Any) -> Any:
    return np.exp(x[0]) * np.cos(x[1]), np.exp(x[0]) * np.sin(x[1])


_RULES: dict[Any, Callable[..., Any]] = {
    np.add: lambda x, y: (x[0] + y[0], x[1] + y[1]),
    np.subtract: lambda x, y: (x[0] - y[0], x[1] - y[1]),
    np.multiply: lambda x, y: (x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]),
    np.true_divide: _quotient,
    np.square: lambda x: (x[0] * x[0] - x[1] * x[1], 2 * x[0] * x[1]),
    np.negative: lambda x: (-x[0], -x[1]),
    np.conjugate: lambda x: (x[0], -x[1]),
    np.absolute: lambda x: np.hypot(*x),
    np.angle: lambda x: np.arctan2(x[1], x[0]),
    np.real: lambda x: x[0],
    np.imag: lambda x: x[1],
    np.exp: _exponential,
    np.log: lambda x: (np.log(np.hypot(*x)), np.arctan2(x[1], x[0])),
}
"""function -> rule(the parts of each argument): the parts of the result, or a real one."""

_BILINEAR = (np.matmul, np.dot, np.vdot, np.inner, np.outer)
_EACH = (
    *(np.sum, np.mean, np.cumsum, np.reshape, np.transpose, np.ravel, np.squeeze, np.expand_dims),
    *(np.roll, np.flip, np.take, np.tile, np.pad, np.moveaxis, np.swapaxes, np.diff, np.copy),
    *(np.fft.fftshift, np.fft.ifftshift, np.broadcast_to, np.diagonal, np.trace, operator.getitem),
)
"""What is done to the real and to the imaginary part alike."""

TRANSFORMS: dict[Any, tuple[str, int | None]] = {
    getattr(np.fft, f"{kind}{suffix}"): (kind, rank)
    for kind in ("fft", "ifft", "rfft", "irfft")
    for suffix, rank in (("", 1), ("2", 2), ("n", None))
}
"""function -> the kind of transform, and of how many axes; None: as many as there are."""


def _transform(
    call: Call,
    apply: Apply,
    kind: str,
    rank: int | None,
    x: Any,
    n: Any = None,
    axis: Any = None,
    norm: str | None = None,
    s: Any = None,
    axes: Any = None,
) -> Any:
    dimensions = np.ndim(x) if not isinstance(x, RecordedArray | RecordedComplex) else x.ndim
    n, axis = (s if n is None else n), (axes if axis is None else axis)
    if axis is None:
        count = dimensions if rank is None and n is None else len(n) if rank is None else rank
        axis = range(dimensions - count, dimensions)
    places = [a % dimensions for a in ([axis] if isinstance(axis, int) else axis)]
    shape = [x.shape[a] for a in places]
    if kind == "irfft":
        shape[-1] = 2 * (shape[-1] - 1)
    lengths = shape if n is None else [n] if isinstance(n, int) else list(n)
    needed = [*lengths[:-1], lengths[-1] // 2 + 1 if kind == "irfft" else lengths[-1]]
    real, imag = _parts(x)
    complex_ = isinstance(x, RecordedComplex)
    real = _resized(real, places, needed)
    imag = _resized(imag, places, needed) if complex_ else None
    if kind == "irfft" and imag is None:
        imag = np.zeros(np.shape(real))
    value = _value(real) + (1j * _value(imag) if complex_ else 0.0)
    re, im = transformed(apply, Pair(real, imag, value), kind, places, lengths)
    total = float(np.prod(lengths))
    power = {None: 0.0, "backward": 0.0, "ortho": 0.5, "forward": 1.0}[norm]
    if power:
        scale = total ** (power if kind in ("ifft", "irfft") else -power)
        re, im = re * scale, None if im is None else im * scale
    return re if im is None else RecordedComplex(re, im, call)


def _resized(x: Any, axes: Sequence[int], lengths: Sequence[int]) -> Any:
    """x cut, or filled up with zeros, to these lengths along axes."""
    for axis, length in zip(axes, lengths, strict=True):
        have = x.shape[axis]
        if have > length:
            x = x[(slice(None),) * axis + (slice(length),)]
        elif have < length:
            widths = [(0, length - have if a == axis else 0) for a in range(x.ndim)]
            x = np.pad(x, widths)
    return x
