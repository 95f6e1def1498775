"""Layers that go through time: (t, d) -> (t, units), from a state of zeros.

    RNN   h_t = tanh(x_t w + h u + b)
    GRU   r, z = σ(x_t w + h u + b), cut in two;  c = tanh(x_t w_c + (r ∘ h) u_c + b_c),
          h_t = z ∘ h + (1 - z) ∘ c
    LSTM  i, f, o = σ(…), g = tanh(…), of x_t w + h u + b cut in four (i, f, g, o);
          c_t = f ∘ c + i ∘ g,  h_t = o ∘ tanh c_t

What x does is one product for all times; only h u is left for the loop.

Source: Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014, https://arxiv.org/abs/1406.1078.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import Shape, expect_widths, misfit, uniform
from gradparity.problems.problem import Arrays


def _sequence(layer: Any, given: Shape) -> Shape:
    if len(given) != 2 or given[0] == 0:
        misfit(layer, given, "a sequence of at least one vector")
    return (given[0], layer.units)


def _gates(rng: np.random.Generator, given: Shape, units: int, gates: int, last: str) -> Arrays:
    d = given[1]
    return {
        f"w{last}": uniform(rng, (d, gates * units), d, units),
        f"u{last}": uniform(rng, (units, gates * units), units, units),
        f"b{last}": np.zeros(gates * units),
    }


def _zeros(xp: Namespace, driven: Any, units: int) -> Any:
    """A state of zeros, (cases, units); driven: what x does, (cases, t, …)."""
    return xp.zeros_like(driven[:, 0, :units])


def _through(xp: Namespace, step: Any, state: Any, driven: Any) -> Any:
    """The states of all times, (cases, t, units); driven: what x does, (cases, t, …)."""
    _, states = xp.scan(step, state, xp.permute_dims(driven, (1, 0, 2)))
    return xp.permute_dims(states, (1, 0, 2))


@dataclass(frozen=True, slots=True)
class RNN:
    """Elman's: a dense layer that sees its own last output."""

    units: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The last axis is exchanged."""
        return _sequence(self, given)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters w (d, units), u (units, units), b (units,)."""
        return _gates(rng, given, self.units, 1, "")

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The states."""
        u = params["u"]

        def step(h: Any, driven: Any) -> Any:
            h = xp.tanh(driven + h @ u)
            return h, h

        driven = x @ params["w"] + params["b"]
        return _through(xp, step, _zeros(xp, driven, u.shape[0]), driven)


@dataclass(frozen=True, slots=True)
class GRU:
    """Two gates: what of the state is read, what of it is kept."""

    units: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The last axis is exchanged."""
        return _sequence(self, given)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters w (d, 2 units), u (units, 2 units), b (2 units,), and wc, uc, bc of one."""
        return _gates(rng, given, self.units, 2, "") | _gates(rng, given, self.units, 1, "c")

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The states."""
        u, uc = params["u"], params["uc"]
        units = u.shape[0]

        def step(h: Any, driven: Any) -> Any:
            gates = xp.sigmoid(driven[:, : 2 * units] + h @ u)
            r, z = gates[:, :units], gates[:, units:]
            c = xp.tanh(driven[:, 2 * units :] + (r * h) @ uc)
            h = z * h + (1.0 - z) * c
            return h, h

        w, b = (xp.concat([params[k], params[f"{k}c"]], axis=-1) for k in ("w", "b"))
        driven = x @ w + b
        return _through(xp, step, _zeros(xp, driven, units), driven)


@dataclass(frozen=True, slots=True)
class LSTM:
    """Three gates and a memory."""

    units: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The last axis is exchanged."""
        return _sequence(self, given)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters w (d, 4 units), u (units, 4 units), b (4 units,)."""
        return _gates(rng, given, self.units, 4, "")

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The states h."""
        u = params["u"]
        n = u.shape[0]

        def step(carry: Any, driven: Any) -> Any:
            h, c = carry
            a = driven + h @ u
            i, f, o = xp.sigmoid(a[:, :n]), xp.sigmoid(a[:, n : 2 * n]), xp.sigmoid(a[:, 3 * n :])
            c = f * c + i * xp.tanh(a[:, 2 * n : 3 * n])
            h = o * xp.tanh(c)
            return (h, c), h

        driven = x @ params["w"] + params["b"]
        start = _zeros(xp, driven, n)
        return _through(xp, step, (start, start), driven)


@dataclass(frozen=True, slots=True)
class Last:
    """The last of a sequence: (t, …) -> (…)."""

    def shape(self, given: Shape) -> Shape:
        """Without the first axis."""
        if not given or given[0] == 0:
            misfit(self, given, "a sequence of at least one entry")
        return given[1:]

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """None."""
        return {}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The entry."""
        return x[:, -1]
