"""The losses at the end of a network, fused with the function that turns logits into probabilities.

Fused, because the two derivatives cancel: of softmax and logarithm nothing is left but P - Y. Each
comes with the mean over the cases, and reads its labels anew in every call.

Source: Bishop, Pattern Recognition and Machine Learning, 2006, sections 4.3.2 and 4.3.4.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy import (
    add,
    arange,
    divide,
    dot,
    empty,
    exp,
    full,
    int64,
    log,
    logaddexp,
    maximum,
    multiply,
    ones,
    subtract,
    zeros,
)

from gradparity.backends.numpy_backprop.layers import sigmoid


class LogitLoss(Protocol):
    """The end of a network; backward belongs to the forward before it."""

    def forward(self, logits: Any, labels: Any) -> Any:
        """Compute the mean loss, a scalar; logits (units, cases), labels (cases,)."""
        ...

    def backward(self) -> Any:
        """Compute the derivative by the logits, (units, cases)."""
        ...


class BufferedSoftmaxCrossEntropy:
    """loss = 1/n Σ_c (ln Σ_j e^{z_jc} - z_{y_c c}), logits z (classes, n), labels y (n,).

    Both terms change alike when a number is subtracted from a column, so the largest logit is, and
    no exponential exceeds 1. With P_jc = e^{z_jc} / Σ_k e^{z_kc}, and Y_jc = 1 at j = y_c, else 0:

        d loss / d z_jc = 1/n (P_jc - Y_jc).

    Y is never formed: 1/n is taken off at the n places y_c n + c of the flattened (classes, n).
    """

    def __init__(self, classes: int, cases: int, dtype: Any) -> None:
        self.cases = cases
        self.z, self.p = empty((2, classes, cases), dtype)
        self.z_flat, self.p_flat = self.z.reshape(-1), self.p.reshape(-1)
        self.top, self.total, self.picked, self.terms = empty((4, cases), dtype)
        self.columns, self.places = arange(cases, dtype=int64), empty(cases, int64)
        self.ones, self.mean = ones(classes, dtype), full(cases, 1.0 / cases, dtype)

    def forward(self, logits: Any, labels: Any) -> Any:
        """Compute the mean cross-entropy; IndexError for a label beyond the last class."""
        add(multiply(labels, self.cases, self.places), self.columns, self.places)
        subtract(logits, maximum.reduce(logits, 0, None, self.top), self.z)
        dot(self.ones, exp(self.z, self.p), self.total)
        self.z_flat.take(self.places, out=self.picked)
        return dot(self.mean, subtract(log(self.total, self.terms), self.picked, self.terms))

    def backward(self) -> Any:
        """Compute (P - Y) / n, in the buffer that held the exponentials."""
        multiply(self.p, divide(self.mean, self.total, self.total), self.p)
        self.p_flat.take(self.places, out=self.picked)
        self.p_flat[self.places] = subtract(self.picked, self.mean, self.picked)
        return self.p


class BufferedBinaryCrossEntropy:
    """loss = 1/n Σ_c (softplus(z_c) - y_c z_c), logits z (1, n), labels y (n,) in 0 ... 1.

    That is -y ln P - (1 - y) ln(1 - P) with P = σ(z), written so that neither logarithm is formed.
    The derivative of softplus is σ:

        d loss / d z_c = 1/n (P_c - y_c).
    """

    def __init__(self, cases: int, dtype: Any) -> None:
        self.zero = zeros((), dtype)
        self.mean = full(cases, 1.0 / cases, dtype)
        self.terms, self.picked = empty((2, cases), dtype)
        self.delta = empty((1, cases), dtype)

    def forward(self, logits: Any, labels: Any) -> Any:
        """Compute the mean cross-entropy."""
        self.z, self.y = logits, labels
        z = logits[0]
        logaddexp(z, self.zero, self.terms)
        subtract(self.terms, multiply(labels, z, self.picked), self.terms)
        return dot(self.mean, self.terms)

    def backward(self) -> Any:
        """Compute (P - y) / n."""
        p = sigmoid(self.z, self.delta)
        return multiply(subtract(p, self.y, p), self.mean, p)
