"""A kernel called in a chain, as a network of equal layers does: what its errors come to.

    x₁ = f(x₀), …, xₙ = f(xₙ₋₁),        gₖ = J(xₖ)ᵀ gₖ₊₁,

all in the low dtype, the other inputs being the same in every layer. Beside it the true derivatives
at the same numbers xₖ are chained in float64. What the kernel's g₀ has along the true one is bias,
the rest is noise; each layer's own errors compound as they do, and nothing is assumed of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.harness.findings.finding import EPS, SMALLEST
from gradparity.harness.kernels.kernel import OUTPUT, Kernel
from gradparity.harness.plain.native import dtype_of, numpy_of
from gradparity.harness.plain.steps.translation import Translation, Untranslatable
from gradparity.problems import Array, Arrays, InputError
from gradparity.problems.namespace import NUMPY

LAYERS = 32


@dataclass(frozen=True, slots=True)
class CallChain:
    """What was found after so many layers, relative to the true gradient's root mean square.

    noise, bias: of the gradient by the first layer's input. doubt: of the bias, one standard error.
    """

    layers: int
    noise: float
    bias: float
    doubt: float

    def __str__(self) -> str:
        """Write "called in a chain of 32 layers: 1.1 % of noise, 0.02 ± 0.05 % of bias"."""
        return (
            f"called in a chain of {self.layers} layers: {100 * self.noise:.2g} % of noise, "
            f"{100 * self.bias:.2g} ± {100 * self.doubt:.1g} % of bias"
        )


def chained(
    kernel: Kernel, read: Kernel, inputs: Sequence[Array], cotangent: Array, layers: int = LAYERS
) -> CallChain | None:
    """Call the kernel on its own result, `layers` times, and go back the same way.

    read: whose formula is the truth, the kernel itself or its reference. inputs, cotangent: float64
    numbers of the kernel's dtype, the latter of the last result. The chain ends before what is no
    longer finite, or on the whole below the normal numbers of the dtype. None where a result is no
    input, where fewer than two layers are left, or where a layer raises or cannot be read off.
    """
    try:
        return _chained(kernel, read, inputs, cotangent, layers)
    except (InputError, Untranslatable):
        return None


def _chained(
    kernel: Kernel, read: Kernel, inputs: Sequence[Array], cotangent: Array, layers: int
) -> CallChain | None:
    states = _states(kernel, inputs, layers)
    formula = ReadFormula(read, list(inputs[1:]))
    own, true, count = cotangent, cotangent, 0
    for x in reversed(states):
        outs, gradients = kernel.answered([x, *inputs[1:]], [own])
        slope = formula.slope(x, own, true, outs[0])
        found = np.asarray(gradients[0], np.float64)
        finite = np.isfinite(found).all() and np.isfinite(slope).all()
        if not finite or _size(slope) < SMALLEST[kernel.dtype]:
            break
        own, true, count = found, slope, count + 1
    return None if count < 2 else _compared(own, true, count)


def _states(kernel: Kernel, inputs: Sequence[Array], layers: int) -> list[Array]:
    """The inputs of the layers; fewer where a result is no input, or no longer finite."""
    found, x = [], inputs[0]
    for _ in range(layers):
        y, *more = kernel.outputs([x, *inputs[1:]])
        if more or dtype_of(y) != kernel.dtype or tuple(y.shape) != x.shape:
            break
        made = numpy_of(y).astype(np.float64)
        if not np.isfinite(made).all():
            break
        found.append(x)
        x = made
    return found


class ReadFormula:
    """The formula of a kernel, read off anew only where what was read off elsewhere is not it."""

    def __init__(self, kernel: Kernel, others: list[Array]) -> None:
        self._kernel, self._others = kernel, others
        self._translation: Translation | None = None

    def slope(self, x: Array, own: Array, true: Array, out: Array) -> Array:
        """J(x)ᵀ true by x, in float64. own: a cotangent of the dtype; out: the kernel's f(x)."""
        inputs = [x, *self._others]
        params = {f"input {i}": np.asarray(one, np.float64) for i, one in enumerate(inputs)}
        if self._translation is None or not self._holds(params | {OUTPUT: own}, out * own):
            self._translation = self._kernel.translated(inputs, [own], [self._kernel.dtype])[0]
        args = self._translation.loss, params | {OUTPUT: true}, self._translation.data
        with np.errstate(all="ignore"):
            _, found = derivatives.value_and_gradient(*args)
        return np.asarray(found["input 0"], np.float64)

    def _holds(self, params: Arrays, parts: Array) -> bool:
        """Whether what was read off gives Σ u f as the kernel does, as far as rounding can tell."""
        assert self._translation is not None
        parts, allowed = parts.astype(np.float64), 8 * EPS[self._kernel.dtype]
        with np.errstate(all="ignore"):
            value = self._translation.loss(NUMPY, params, self._translation.data)
        return bool(abs(value - parts.sum()) <= allowed * np.abs(parts).sum())


def _compared(own: Array, true: Array, layers: int) -> CallChain:
    bias = float(np.sum(own * true) / np.sum(np.square(true))) - 1.0
    rest = own - (1.0 + bias) * true
    noise = _size(rest) / _size(true)
    doubt = float(np.sqrt(np.sum(np.square(rest * true))) / np.sum(np.square(true)))
    return CallChain(layers, noise, bias, doubt)


def _size(x: Array) -> float:
    """The root mean square."""
    return float(np.sqrt(np.mean(np.square(x))))
