"""The layers' R-operator: the derivative along a direction of what each layer computes.

Let the parameters move along a direction, w + t v. R{q} is the derivative of any quantity q by t
at t = 0. It obeys the rules of differentiation, R{p q} = R{p} q + p R{q}, and R{w} = v. Applied to
the forward pass it gives the directional derivative of the loss; applied to the backward pass too,
that of the gradient, which is the Hessian times v. No Hessian is formed.

Each class wraps a layer of `layers` and carries pairs: (a, R{a}) forwards, (delta, R{delta})
backwards. R{a} is None where a is the data, which does not move. Like the layers, an activation
works in place.

Source: Pearlmutter 1994, Fast exact multiplication by the Hessian, Neural Computation 6.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy import add, dot, empty, greater, multiply, ones, subtract

from gradparity.backends.numpy_backprop.layers import BufferedLayer, Linear, ReLU, Sigmoid, Tanh
from gradparity.problems import Arrays

Moving = tuple[Any, Any]
"""A quantity and its R."""


class DirectionalLayer(Protocol):
    """A step of the network with its derivative; backward belongs to the forward before it."""

    def forward(self, params: Arrays, direction: Arrays, a: Any, ra: Any) -> Moving:
        """Compute the output and R{output} from a and R{a}, all (units, cases)."""
        ...

    def backward(self, delta: Any, r_delta: Any) -> Moving:
        """Turn (delta, R{delta}) of the output into those of the input."""
        ...


class DirectionalLinear:
    """z = wᵀ a + b, whose direction is v for w and u for b.

    forward:   R{z} = vᵀ a + wᵀ R{a} + u
    backward:  dw = a deltaᵀ,  so  R{dw} = a R{delta}ᵀ + R{a} deltaᵀ
               db = delta 1,   so  R{db} = R{delta} 1
               da = w delta,   so  R{da} = w R{delta} + v delta

    Neither dw nor db is wanted: R{dw} and R{db} take their buffers. Two products are saved, so that
    an hvp costs 8/3 of the gradient's products at most, and 3/2 where a is the data.
    """

    def __init__(self, layer: Linear) -> None:
        self.layer = layer
        outputs, cases = layer.z.shape
        dtype = layer.z.dtype
        self.first = layer.da is None
        self.v: Any = None
        self.ra: Any = None
        self.rz = empty((outputs, cases), dtype)
        if not self.first:
            self.rz_more = empty((outputs, cases), dtype)
            self.dw_more = empty(layer.dw.shape, dtype)
            self.r_da, self.da_more = empty((2, len(layer.dw), cases), dtype)

    def forward(self, params: Arrays, direction: Arrays, a: Any, ra: Any) -> Moving:
        """Compute z and R{z}, (outputs, cases)."""
        z = self.layer.forward(params, a)
        self.v, self.ra = direction[self.layer.w_name], ra
        rz = dot(self.v.T, a, self.rz)
        if ra is not None:
            add(rz, dot(self.layer.w.T, ra, self.rz_more), rz)
        return z, add(rz, direction[self.layer.b_name][:, None], rz)

    def backward(self, delta: Any, r_delta: Any) -> Moving:
        """Fill R{dw} and R{db}; return da and R{da}, or None and None from the first layer."""
        layer = self.layer
        dot(layer.a, r_delta.T, layer.dw)
        dot(r_delta, layer.ones, layer.db)
        if self.first:
            return None, None
        add(layer.dw, dot(self.ra, delta.T, self.dw_more), layer.dw)
        dot(layer.w, r_delta, self.r_da)
        add(self.r_da, dot(self.v, delta, self.da_more), self.r_da)
        return dot(layer.w, delta, layer.da), self.r_da


class DirectionalSigmoid:
    """a = σ(z), φ' = a (1 - a).

    forward:   R{a} = φ' R{z}
    backward:  delta ← delta φ',  so  R{delta} ← R{delta} φ' + delta (1 - 2a) R{a}
    """

    def __init__(self, layer: Sigmoid) -> None:
        self.layer = layer
        self.slope = layer.slope
        self.bend = empty(layer.slope.shape, layer.slope.dtype)
        self.two = 2.0 * ones((), layer.slope.dtype)

    def forward(self, params: Arrays, direction: Arrays, a: Any, ra: Any) -> Moving:
        """Apply σ and its derivative in place."""
        out = self.layer.forward(params, a)
        multiply(subtract(self.layer.one, out, self.slope), out, self.slope)
        self.ra = multiply(ra, self.slope, ra)
        return out, self.ra

    def backward(self, delta: Any, r_delta: Any) -> Moving:
        """Turn both, in place."""
        multiply(r_delta, self.slope, r_delta)
        bend = multiply(self.layer.a, self.two, self.bend)
        multiply(subtract(self.layer.one, bend, bend), self.ra, bend)
        add(r_delta, multiply(bend, delta, bend), r_delta)
        return multiply(delta, self.slope, delta), r_delta


class DirectionalTanh:
    """a = tanh z, φ' = 1 - a².

    forward:   R{a} = φ' R{z}
    backward:  delta ← delta φ',  so  R{delta} ← R{delta} φ' - 2 a R{a} delta
    """

    def __init__(self, layer: Tanh) -> None:
        self.layer = layer
        self.slope = layer.slope
        self.bend = empty(layer.slope.shape, layer.slope.dtype)
        self.minus_two = -2.0 * ones((), layer.slope.dtype)

    def forward(self, params: Arrays, direction: Arrays, a: Any, ra: Any) -> Moving:
        """Apply tanh and its derivative in place."""
        out = self.layer.forward(params, a)
        subtract(self.layer.one, multiply(out, out, self.slope), self.slope)
        self.ra = multiply(ra, self.slope, ra)
        return out, self.ra

    def backward(self, delta: Any, r_delta: Any) -> Moving:
        """Turn both, in place."""
        multiply(r_delta, self.slope, r_delta)
        bend = multiply(self.layer.a, self.ra, self.bend)
        bend = multiply(bend, self.minus_two, bend)
        add(r_delta, multiply(bend, delta, bend), r_delta)
        return multiply(delta, self.slope, delta), r_delta


class DirectionalReLU:
    """a = max(z, 0), φ' = [a > 0], whose own derivative is 0 but at the kink, and taken as 0 there.

    forward:   R{a} = [a > 0] R{z}
    backward:  delta ← delta [a > 0],  so  R{delta} ← R{delta} [a > 0]
    """

    def __init__(self, layer: ReLU) -> None:
        self.layer = layer

    def forward(self, params: Arrays, direction: Arrays, a: Any, ra: Any) -> Moving:
        """Apply max(z, 0) and its derivative in place."""
        out = self.layer.forward(params, a)
        return out, multiply(ra, greater(out, self.layer.zero, self.layer.active), ra)

    def backward(self, delta: Any, r_delta: Any) -> Moving:
        """Keep both where the unit is active, in place; 0 elsewhere."""
        active = self.layer.active
        return multiply(delta, active, delta), multiply(r_delta, active, r_delta)


def directional_layer(layer: BufferedLayer) -> DirectionalLayer:
    """What carries a layer's derivative along a direction."""
    if isinstance(layer, Linear):
        return DirectionalLinear(layer)
    if isinstance(layer, Sigmoid):
        return DirectionalSigmoid(layer)
    if isinstance(layer, Tanh):
        return DirectionalTanh(layer)
    if isinstance(layer, ReLU):
        return DirectionalReLU(layer)
    kind = type(layer).__name__
    raise TypeError(f"no directional layer for {kind}; write one in layers_second.py")
