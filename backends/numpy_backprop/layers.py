"""The layers of a network, each with a hand-written forward and a hand-written backward.

Layout: one column per case. An activation is (units, cases): a maximum or a sum over ten classes is
then nine operations on long rows, where along rows of ten it would be one short loop per case.
`delta` is the derivative of the loss with respect to a layer's output when it comes in, and with
respect to the layer's input when it goes out.

Every buffer is allocated once, when the layer is made. An activation works in place: it overwrites
the z and the delta that it is given, for nobody needs them afterwards.

Source: the equations of backpropagation, e.g. Goodfellow, Bengio and Courville, Deep Learning,
section 6.5.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy import (
    add,
    dot,
    empty,
    exp,
    greater,
    logaddexp,
    maximum,
    multiply,
    negative,
    ones,
    subtract,
    tanh,
    zeros,
)

from gradparity.problems import Arrays


def sigmoid(z: Any, out: Any) -> Any:
    """1 / (1 + e^-z) = exp(-ln(1 + e^-z)) in `out`, which may be z.

    Cannot overflow, and keeps its digits where it is nearly 0, as ½(1 + tanh ½z) would not.
    """
    logaddexp(negative(z, out), 0.0, out)
    return exp(negative(out, out), out)


class BufferedLayer(Protocol):
    """A step of the network; backward belongs to the forward before it, whose cache it uses."""

    def forward(self, params: Arrays, a: Any) -> Any:
        """Compute the output from the input a, both (units, cases)."""
        ...

    def backward(self, delta: Any) -> Any:
        """Turn the derivative by the output into the derivative by the input."""
        ...


class Linear:
    """z = wᵀ a + b, with w (inputs, outputs), b (outputs,), a (inputs, cases), z (outputs, cases).

    Per entry z_jc = Σ_i w_ij a_ic + b_j. The chain rule sums over every z that an entry reaches,
    with delta_jc = d loss / d z_jc:

        d loss / d w_ij = Σ_c a_ic delta_jc     dw = a deltaᵀ
        d loss / d b_j  = Σ_c delta_jc          db = delta 1
        d loss / d a_ic = Σ_j w_ij delta_jc     da = w delta

    db is a product with ones: BLAS keeps several running totals, so that float32 keeps its digits
    over many cases; measured quicker than `sum`, too. With one row per case instead, `sum(axis=0)`
    would add row after row and lose digits with their number.
    The first layer's da would be the derivative by the data; nobody asks for it.
    """

    def __init__(self, w: str, b: str, params: Arrays, cases: int, first: bool) -> None:
        inputs, outputs = params[w].shape
        dtype = params[w].dtype
        self.w_name, self.b_name = w, b
        self.a: Any = None
        self.w: Any = None
        self.z = empty((outputs, cases), dtype)
        self.ones = ones(cases, dtype)
        self.dw = empty((inputs, outputs), dtype)
        self.db = empty(outputs, dtype)
        self.da = None if first else empty((inputs, cases), dtype)

    def forward(self, params: Arrays, a: Any) -> Any:
        """Compute z (outputs, cases)."""
        self.a, self.w = a, params[self.w_name]
        dot(self.w.T, a, self.z)
        return add(self.z, params[self.b_name][:, None], self.z)

    def backward(self, delta: Any) -> Any:
        """Fill dw and db; return da (inputs, cases), or None from the first layer."""
        dot(self.a, delta.T, self.dw)
        dot(delta, self.ones, self.db)
        return None if self.da is None else dot(self.w, delta, self.da)


class Sigmoid:
    """a = σ(z) = 1 / (1 + e^-z).

    dσ/dz = e^-z / (1 + e^-z)² = a (1 - a), so delta ← delta a (1 - a).
    """

    def __init__(self, units: int, cases: int, dtype: Any) -> None:
        self.one = ones((), dtype)
        self.slope = empty((units, cases), dtype)

    def forward(self, params: Arrays, a: Any) -> Any:
        """Apply σ in place."""
        self.a = sigmoid(a, a)
        return self.a

    def backward(self, delta: Any) -> Any:
        """Multiply delta by a (1 - a), in place."""
        slope = subtract(self.one, self.a, self.slope)
        multiply(slope, self.a, slope)
        return multiply(delta, slope, delta)


class Tanh:
    """a = tanh z.

    d tanh/dz = 1 / cosh² z = 1 - a², so delta ← delta (1 - a²).
    """

    def __init__(self, units: int, cases: int, dtype: Any) -> None:
        self.one = ones((), dtype)
        self.slope = empty((units, cases), dtype)

    def forward(self, params: Arrays, a: Any) -> Any:
        """Apply tanh in place."""
        self.a = tanh(a, a)
        return self.a

    def backward(self, delta: Any) -> Any:
        """Multiply delta by 1 - a², in place."""
        slope = multiply(self.a, self.a, self.slope)
        subtract(self.one, slope, slope)
        return multiply(delta, slope, delta)


class ReLU:
    """a = max(z, 0).

    da/dz is 1 where z > 0, which is where a > 0, and 0 elsewhere; at the kink too, as in torch and
    JAX. So delta ← delta [a > 0].
    """

    def __init__(self, units: int, cases: int, dtype: Any) -> None:
        self.zero = zeros((), dtype)
        self.active = empty((units, cases), bool)

    def forward(self, params: Arrays, a: Any) -> Any:
        """Apply max(z, 0) in place."""
        self.a = maximum(a, self.zero, out=a)
        return self.a

    def backward(self, delta: Any) -> Any:
        """Keep delta where the unit is active, in place; 0 elsewhere."""
        return multiply(delta, greater(self.a, self.zero, self.active), delta)
