"""The deck: inputs at which kernels that are right on random normal numbers have been wrong.

A card makes float64 inputs of given shapes; they are rounded to the dtype afterwards. Some cards
are about the cotangent or about the layout of arrays, not about their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradparity.harness.findings.finding import LARGEST
from gradparity.harness.kernels.shapes import ONE_OFF
from gradparity.problems import Array, InputError
from gradparity.problems.errors import unknown
from gradparity.problems.special.short_floats import rounded

Numbers = Callable[[np.random.Generator, tuple[int, ...]], Array]


@dataclass(frozen=True, slots=True)
class Card:
    """One case of the deck.

    name: what it is called. numbers: (generator, shape) -> an input. sizes: of names that have
    another than the ordinary size. layout: "", "transposed" inputs and cotangents, or an "expanded"
    cotangent, one number for all. slow: whether the quick deck leaves it out. spread: whether its
    numbers are rounded independently of one another; nearly equal ones are rounded alike.
    logits: whether it is for kernels of one input alone: products of such numbers have no digits.
    asked: whether it is taken only where it is named: not every function takes such numbers.
    """

    name: str
    numbers: Numbers
    sizes: Mapping[str, int] = field(default_factory=dict)
    layout: str = ""
    slow: bool = False
    spread: bool = True
    logits: bool = False
    asked: bool = False


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.normal(size=shape)


def _scaled(power: int) -> Numbers:
    return lambda rng, shape: rng.normal(size=shape) * 2.0**power


def _outlier(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """One row 64 times as large as the others."""
    x = rng.normal(size=shape)
    rows = x.reshape(-1, shape[-1]) if shape else x.reshape(1, 1)
    rows[rng.integers(len(rows))] *= 64.0
    return x


def _confident(p: float) -> Numbers:
    """Logits one of which has the probability p, at a place of its own in each row."""

    def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        x = rng.normal(size=shape) / 4
        if shape and shape[-1] > 1:
            rows = x.reshape(-1, shape[-1])
            at = rng.integers(shape[-1], size=len(rows))
            rows[np.arange(len(rows)), at] += math.log(p * (shape[-1] - 1) / (1 - p))
        return x

    return numbers


def _alike(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Numbers that differ in their last digits: distributions that are nearly equal."""
    return 1 + rng.normal(size=shape) / 64


def _negative(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Very negative numbers, as scores before a softmax may be."""
    return rng.normal(size=shape) - 200.0


def _masked(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Scores of which half are -∞, and in the first row all but one."""
    x = rng.normal(size=shape)
    x[hidden(rng, shape)] = -np.inf
    return x


def hidden(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Which entries a mask hides: half, in the first row all but one, and never a whole row."""
    found = np.zeros(shape, bool)
    if shape and shape[-1] > 1:
        rows = found.reshape(-1, shape[-1])
        rows[...] = rng.random(rows.shape) < 0.5
        rows[0] = True
        rows[np.arange(len(rows)), rng.integers(shape[-1], size=len(rows))] = False
    return found


def _zero_row(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A row of zeros, as padding is, and after it an ordinary one."""
    x = rng.normal(size=shape)
    if len(shape) > 1 and math.prod(shape[:-1]) > 1:
        x.reshape(-1, shape[-1])[0] = 0.0
    return x


CARDS = (
    Card("ordinary", _normal),
    Card("expanded cotangent", _normal, layout="expanded", spread=False),
    Card("transposed", _normal, layout="transposed"),
    Card("scale 2^-8", _scaled(-8)),
    Card("scale 2^-4", _scaled(-4), slow=True),
    Card("scale 2^3", _scaled(3)),
    Card("scale 2^5", _scaled(5), slow=True),
    Card("an outlier row", _outlier),
    Card("p = 0.9", _confident(0.9), slow=True),
    Card("p = 0.99", _confident(0.99), slow=True),
    Card("p = 0.999", _confident(0.999)),
    Card("nearly equal", _alike, spread=False),
    Card("very negative", _negative, spread=False, logits=True),
    Card("a row of zeros", _zero_row, spread=False),
    Card("masked scores", _masked, spread=False, logits=True, asked=True),
)
"""The cards that do not change a size."""


def deck(asked: str | Sequence[str], usual: Mapping[str, int], inputs: int = 1) -> list[Card]:
    """The cards: "quick", "full", or those named.

    usual: the ordinary size of each name. inputs: how many the kernel has.

    Raises: InputError for a card that there is none of.
    """
    every = [*CARDS, *_sizes(usual)]
    if asked in ("full", "quick"):
        fit = [x for x in every if not x.asked and (inputs == 1 or not x.logits)]
        return [card for card in fit if asked == "full" or not card.slow]
    known = {card.name: card for card in every}
    chosen = [asked] if isinstance(asked, str) else list(asked)
    for name in chosen:
        if name not in known:
            raise unknown("card", name, [*known, "quick", "full"])
    if not chosen:
        raise InputError("the deck has no cards; say deck='quick'")
    return [known[name] for name in chosen]


def _sizes(usual: Mapping[str, int]) -> Iterator[Card]:
    for name, ordinary in usual.items():
        for size in ONE_OFF if ordinary >= ONE_OFF[1] else ONE_OFF[:1]:
            yield Card(f"{name} = {size}", _normal, {name: size}, slow=size not in (1, 17, 65))


def patterns(dtype: str) -> Array:
    """The numbers of a dtype, (n,): of 65,536 bit patterns those up to a quarter of the largest.

    Beyond, twice a number leaves the range, and many a right function takes that step.
    """
    bits = np.arange(1 << 16, dtype=np.uint16)
    with np.errstate(invalid="ignore"):
        if dtype == "float16":
            every = bits.view(np.float16).astype(np.float64)
        else:
            every = (bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
        return every[np.abs(every) <= LARGEST[dtype] / 4]


def drawn(card: Card, shape: tuple[int, ...], rng: np.random.Generator, dtype: str) -> Array:
    """An input of a card, float64 numbers of the dtype."""
    return rounded(np.asarray(card.numbers(rng, shape), np.float64), dtype)
