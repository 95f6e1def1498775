"""The losses' R-operator, see `layers_second`: R{delta} at the end of a network.

directional_delta is asked for between the loss's forward and its backward, which overwrites what it
needs.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy import (
    absolute,
    add,
    divide,
    dot,
    empty,
    exp,
    int64,
    multiply,
    negative,
    square,
    subtract,
)

from gradparity.backends.numpy_backprop.losses import (
    BufferedBinaryCrossEntropy,
    BufferedSoftmaxCrossEntropy,
    LogitLoss,
)


class DirectionalLoss(Protocol):
    """The end of a network; belongs to the loss's forward before it."""

    def directional_delta(self, rz: Any) -> Any:
        """R{d loss / d logits} from R{logits}, both (units, cases)."""
        ...


class DirectionalSoftmaxCrossEntropy:
    """delta_jc = 1/n (P_jc - Y_jc), and of a softmax R{P_jc} = P_jc (R{z_jc} - Σ_k P_kc R{z_kc}).

    Where P_tc is nearly 1, both terms of row t are R{z_tc}, and next to nothing is left of them.
    Subtracted from a whole column, R{z_tc} changes nothing, for Σ_k P_kc = 1; so, with t the row of
    the largest logit, S_jc = R{z_jc} - R{z_tc}, and P/n as one array, Q = P/n:

        R{delta_jc} = Q_jc (S_jc - n Σ_k Q_kc S_kc),

    where S_tc = 0, and the other P_kc are at most ½: row t is then a sum of small numbers.
    """

    def __init__(self, loss: BufferedSoftmaxCrossEntropy) -> None:
        self.loss = loss
        self.q, self.s, self.out = empty((3, *loss.p.shape), loss.p.dtype)
        self.scale = empty(loss.cases, loss.p.dtype)
        self.top = empty(loss.cases, int64)

    def directional_delta(self, rz: Any) -> Any:
        """R{delta}, (classes, n); loss.p still holds the exponentials."""
        loss = self.loss
        add(multiply(loss.p.argmax(0, self.top), loss.cases, self.top), loss.columns, self.top)
        s = subtract(rz, rz.reshape(-1).take(self.top, out=self.scale), self.s)
        q = multiply(loss.p, divide(loss.mean, loss.total, self.scale), self.q)
        dot(loss.ones, multiply(q, s, self.out), self.scale)
        multiply(self.scale, loss.cases, self.scale)
        return multiply(q, subtract(s, self.scale, self.out), self.out)


class DirectionalBinaryCrossEntropy:
    """delta_c = 1/n (σ(z_c) - y_c), so R{delta_c} = 1/n σ(z_c) (1 - σ(z_c)) R{z_c}.

    With e = exp(-|z|), σ (1 - σ) = e/(1 + e)² for either sign of z: nothing overflows or cancels.
    """

    def __init__(self, loss: BufferedBinaryCrossEntropy) -> None:
        self.loss = loss
        self.e, self.out = empty((2, *loss.delta.shape), loss.delta.dtype)

    def directional_delta(self, rz: Any) -> Any:
        """R{delta}, (1, n)."""
        e = exp(negative(absolute(self.loss.z, self.e), self.e), self.e)
        multiply(rz, e, self.out)
        divide(self.out, square(add(e, 1.0, e), e), self.out)
        return multiply(self.out, self.loss.mean, self.out)


def directional_loss(loss: LogitLoss) -> DirectionalLoss:
    """What carries a loss's derivative along a direction."""
    if isinstance(loss, BufferedSoftmaxCrossEntropy):
        return DirectionalSoftmaxCrossEntropy(loss)
    if isinstance(loss, BufferedBinaryCrossEntropy):
        return DirectionalBinaryCrossEntropy(loss)
    kind = type(loss).__name__
    raise TypeError(f"no directional loss for {kind}; write one in losses_second.py")
