"""Mistakes that are planted in the gradients of right kernels.

A planted mistake changes the gradients that a right kernel answers. Each says what a verdict should
name: words of which one is in the sentence, none where the hypotheses have no name for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems import Array
from gradparity.problems.special.short_floats import rounded

PLANTED_IN = ("softmax", "layer norm", "tanh", "attention")
"""The kernels of `RIGHT` in whose gradients mistakes are planted: 4,096 numbers in an input."""

Mistake = Callable[[list[Array], list[Array], np.random.Generator], list[Array]]
"""(gradients, inputs, generator) -> the gradients with the mistake in them."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A kind of mistake. named: words of which one is to be told; () where there is no name."""

    kind: str
    mistake: Mistake
    named: tuple[str, ...]


def _first(change: Callable[[Array, Array, np.random.Generator], Array]) -> Mistake:
    """A mistake in the gradient of the first input."""
    return lambda gs, xs, rng: [change(gs[0].copy(), xs[0], rng), *gs[1:]]


def _at(where: Any, factor: float) -> Mistake:
    def change(g: Array, x: Array, rng: np.random.Generator) -> Array:
        g[where] *= factor
        return g

    return _first(change)


def _stale(g: Array, x: Array, rng: np.random.Generator) -> Array:
    g[..., 16:32, :] = g[..., :16, :]
    return g


def _one(g: Array, x: Array, rng: np.random.Generator) -> Array:
    g.flat[int(np.argmax(np.abs(g)))] *= -1
    return g


def _row(x: Array, rng: np.random.Generator) -> Array:
    return rng.normal(size=(*x.shape[:-1], 1))


_rows = np.s_[..., :, :]
PLANTED = [
    *(
        Planted(f"times {k}", lambda gs, xs, rng, k=k: [k * g for g in gs], ("All of",))  # type: ignore[misc]
        for k in (1.01, 1.02, 1.05, 0.97)
    ),
    Planted("√d forgotten", lambda gs, xs, rng: [g * 4 for g in gs], ("times what it should be",)),
    Planted("sign", lambda gs, xs, rng: [-g for g in gs], ("All of", "-1 times")),
    Planted("zero", _at(np.s_[...], 0.0), ("is zero",)),
    Planted("a row", _at(np.s_[..., 3, :], 1.3), ("index 3",)),
    Planted("a column", _at(np.s_[..., 5], 1.3), ("index 5",)),
    Planted("a row's sign", _at(np.s_[..., 7, :], -1.0), ("index 7",)),
    Planted("the first row", _at(np.s_[..., 0, :], 0.0), ("index 0",)),
    Planted("the last row", _at(np.s_[..., -1, :], 0.0), ("index 63",)),
    Planted("the last column", _at(np.s_[..., -1], 2.0), ("index 63", "index 15")),
    Planted("all but the first row", _at(np.s_[..., 1:, :], 5.0), ("all but the first",)),
    Planted("last of blocks", _at(np.s_[..., 15::16, :], 0.0), ("last of each block of 16",)),
    Planted("first of blocks", _at(np.s_[..., ::32, :], 1.5), ("first of each block of 32",)),
    Planted("from 32 on", _at(np.s_[..., 32:, :], 0.538), ("all from 32", "block 1 of 32")),
    Planted("a block", _at(np.s_[..., 16:32, :], 1.2), ("block 1 of 16",)),
    Planted("the last block", _at(np.s_[..., 48:, :], 0.0), ("block 3 of 16",)),
    Planted("last of blocks of 32", _at(np.s_[..., 31::32, :], 2.0), ("last of each block of 32",)),
    Planted("all but the last row", _at(np.s_[..., :-1, :], 1.2), ("all but the last",)),
    Planted("half a row", _first(lambda g, x, rng: np.where(np.arange(g.shape[-1]) < 8, g, 0 * g)), ()),
    Planted("a stale block", _first(_stale), ("16 places before", "block 1 of 16")),
    Planted("shifted", _first(lambda g, x, rng: np.roll(g, 1, -2)), ("1 places before",)),
    Planted(
        "a constant a row",
        _first(lambda g, x, rng: g + 0.3 * np.std(g) * _row(x, rng)),
        ("a constant of its own",),
    ),
    Planted(
        "a multiple of x a row",
        _first(lambda g, x, rng: g + 0.3 * np.std(g) * _row(x, rng) * x / np.std(x)),
        ("own row",),
    ),
    Planted("one number", _first(_one), ()),
    Planted("absolute value", _first(lambda g, x, rng: np.abs(g)), ()),
    Planted("clipped", _first(lambda g, x, rng: np.clip(g, -np.std(g), np.std(g))), ()),
    Planted("3 bits", _first(lambda g, x, rng: _short(g)), ()),
    Planted("another point", _first(lambda g, x, rng: rng.permutation(g.ravel()).reshape(g.shape)), ()),
]  # fmt: skip


def _short(g: Array) -> Array:
    """Numbers of three bits."""
    fraction, power = np.frexp(g)
    return np.ldexp(np.round(fraction * 8) / 8, power)


def planted(
    one: Planted, gradients: list[Array], inputs: list[Array], dtype: str, seed: int
) -> list[Array]:
    """The gradients with a mistake, rounded to the dtype as a kernel would."""
    rng = np.random.default_rng((seed, 15))
    found = one.mistake([g.astype(np.float64) for g in gradients], inputs, rng)
    return [rounded(g, dtype) for g in found]
