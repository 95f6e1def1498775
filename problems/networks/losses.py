"""Losses at the end of a network, each a mean over the cases.

    Squared             ½ mean (z - y)²                         of every output
    Huber               ½ r² within ±threshold, else threshold (|r| - ½ threshold), r = z - y
    BinaryCrossEntropy  softplus(z) - y z, z one logit a case;  ln 2 at z = 0
    SoftmaxCrossEntropy ln Σ e^z - z_y over the last axis;      ln C at equal logits
    BPR                 softplus(z₁ - z₀): the first of two is to be ranked above;  ln 2 at equality
    InfoNCE             of n pairs (first half, second half) each is to find its own among all n:
                        cross-entropy of u vᵀ/temperature, label i for row i;  ln n at similarity 0

Source: Huber 1964; Bishop 2006, section 4.3; Rendle et al. 2009, BPR; van den Oord et al. 2018,
https://arxiv.org/abs/1807.03748.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import Shape, told


@runtime_checkable
class NetworkLoss(Protocol):
    """The end of a network."""

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """Raise InputError for an output or targets y that do not fit."""
        ...

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """The loss of the outputs z (cases, …), a scalar."""
        ...


def _alike(loss: object, output: Shape, cases: int, y: Any) -> None:
    if y.shape != (cases, *output):
        raise InputError(
            f"{loss}: the output is {told((cases, *output))}, the targets {told(y.shape)}; "
            "they should be alike"
        )


@dataclass(frozen=True, slots=True)
class Squared:
    """½ mean (z - y)²."""

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """Targets of the output's shape."""
        _alike(self, output, cases, y)

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """The loss."""
        return 0.5 * xp.mean(xp.square(z - y))


@dataclass(frozen=True, slots=True)
class Huber:
    """Squares near 0, absolute values beyond the threshold; once differentiable there."""

    threshold: float = 1.0

    def __post_init__(self) -> None:
        """Raise InputError for a threshold that is not positive."""
        if not self.threshold > 0.0:
            raise InputError(f"Huber: threshold is {self.threshold}; it should be above 0")

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """Targets of the output's shape."""
        _alike(self, output, cases, y)

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """With c = r clipped to ±threshold, mean c (r - ½ c)."""
        r = z - y
        c = xp.clip(r, -self.threshold, self.threshold)
        return xp.mean(c * (r - 0.5 * c))


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy:
    """Mean softplus(z) - y z; one logit a case, y (cases,) in 0 ... 1."""

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """One logit, targets between 0 and 1."""
        if output != (1,) or y.shape != (cases,):
            raise InputError(
                f"{self}: the output is {told(output)} per case and the targets {told(y.shape)}; "
                f"it needs 1 and {cases}"
            )
        if np.any((y < 0) | (y > 1)):
            raise InputError(f"{self}: a target is {y[(y < 0) | (y > 1)][0]}; it needs 0 ... 1")

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """The loss."""
        logits = z[:, 0]
        return xp.mean(xp.softplus(logits) - y * logits)


@dataclass(frozen=True, slots=True)
class SoftmaxCrossEntropy:
    """Mean of -ln softmax(z)[y] over cases, and over places where there are several a case."""

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """Labels of the output's shape without its last axis, integers in range."""
        if not output or y.shape != (cases, *output[:-1]):
            raise InputError(
                f"{self}: the output is {told((cases, *output))}, the labels {told(y.shape)}; "
                "there should be a label for each row of logits"
            )
        if y.dtype.kind not in "iu":
            raise InputError(f"{self}: labels are {y.dtype}, should be integers")
        wrong = y[(y < 0) | (y >= output[-1])]
        if wrong.size:
            raise InputError(f"{self}: a label is {wrong[0]}, of {output[-1]} classes from 0")

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """The loss."""
        picked = xp.take_along_axis(xp.log_softmax(z, axis=-1), xp.expand_dims(y, axis=-1), axis=-1)
        return -xp.mean(picked)


@dataclass(frozen=True, slots=True)
class BPR:
    """Mean softplus(z₁ - z₀); two scores a case, z₀ of what is to be preferred. y is not read."""

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """Two scores."""
        if output != (2,):
            raise InputError(f"{self}: the output is {told(output)} per case; it needs 2 scores")

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """The loss."""
        return xp.mean(xp.softplus(z[:, 1] - z[:, 0]))


@dataclass(frozen=True, slots=True)
class InfoNCE:
    """Cross-entropy of n similarities each: case i of the first half is a pair with n + i."""

    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Raise InputError for a temperature that is not positive."""
        if not self.temperature > 0.0:
            raise InputError(f"InfoNCE: temperature is {self.temperature}; it should be above 0")

    def check(self, output: Shape, cases: int, y: Any) -> None:
        """An even number of vectors."""
        if len(output) != 1 or cases % 2:
            raise InputError(
                f"{self}: the output is {told((cases, *output))}; it needs pairs of vectors, "
                "the first half with the second"
            )

    def value(self, xp: Namespace, z: Any, y: Any) -> Any:
        """The loss."""
        n = z.shape[0] // 2
        u, v = z[:n], z[n:]
        s = (u @ xp.matrix_transpose(v)) / self.temperature
        return xp.mean(xp.logsumexp(s, axis=1) - xp.sum(u * v, axis=1) / self.temperature)
