"""Sequences of symbols: embedding, positions, attention.

Attention of h heads, each of width d/h: with Q = x w_q, K = x w_k, V = x w_v cut into heads,

    S = Q Kᵀ/√(d/h),   P = softmax(S) by rows,   out = P V, heads side by side, times w_o.

Causal: row t sees the columns up to t, by S = -1e30 beyond, where P is 0. Rows of the slope by S
add up to 0, for a constant added to a row changes nothing.

Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import Shape, expect_widths, misfit, uniform
from gradparity.problems.problem import Arrays

FAR = -1e30
"""The score of what is not to be seen: its exponential is 0 in every dtype."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """A row of a table for each of the integers 0 ... vocabulary - 1: (t,) -> (t, width)."""

    vocabulary: int
    width: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """One more axis."""
        if len(given) != 1:
            misfit(self, given, "one row of integers")
        return (*given, self.width)

    def check(self, given: Shape, data: Arrays, x: Any) -> None:
        """Raise InputError for what is no integer of the vocabulary."""
        if x is None:
            return
        if np.asarray(x).dtype.kind not in "iu":
            raise InputError(f"{self}: x is {np.asarray(x).dtype}, should be integers")
        wrong = np.asarray(x)[(np.asarray(x) < 0) | (np.asarray(x) >= self.vocabulary)]
        if wrong.size:
            raise InputError(f"{self}: x has {wrong[0]}, of {self.vocabulary} from 0")

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters table (vocabulary, width)."""
        return {"table": rng.normal(scale=self.width**-0.5, size=(self.vocabulary, self.width))}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The rows."""
        return xp.take(params["table"], x, axis=0)


@dataclass(frozen=True, slots=True)
class Positions:
    """A vector of its own added at each place: (t, d) -> (t, d)."""

    def shape(self, given: Shape) -> Shape:
        """The same."""
        if len(given) != 2:
            misfit(self, given, "a sequence of vectors")
        return given

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters table (t, d)."""
        return {"table": rng.normal(scale=given[1] ** -0.5, size=given)}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The sum."""
        return x + params["table"]


@dataclass(frozen=True, slots=True)
class Attention:
    """Of a sequence to itself: (t, d) -> (t, d)."""

    heads: int
    causal: bool = False

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The same."""
        if len(given) != 2 or given[0] == 0 or given[1] % self.heads:
            misfit(self, given, f"a sequence of vectors whose width is a multiple of {self.heads}")
        return given

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters q, k, v and o, all (d, d)."""
        d = given[1]
        return {name: uniform(rng, (d, d), d, d) for name in ("q", "k", "v", "o")}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The heads' output times o."""
        n, t, d = x.shape
        width = d // self.heads

        def heads(name: str) -> Any:
            cut = xp.reshape(x @ params[name], (n, t, self.heads, width))
            return xp.permute_dims(cut, (0, 2, 1, 3))

        q, k, v = heads("q"), heads("k"), heads("v")
        scores = (q @ xp.matrix_transpose(k)) * width**-0.5
        if self.causal:
            seen = xp.expand_dims(xp.arange(t), axis=1) >= xp.arange(t)
            scores = xp.where(seen, scores, FAR * xp.ones_like(scores))
        out = xp.permute_dims(xp.softmax(scores, axis=-1) @ v, (0, 2, 1, 3))
        return xp.reshape(out, (n, t, d)) @ params["o"]
