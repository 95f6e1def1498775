"""The hierarchical bootstrap: how far a median would move in another run of the same experiment.

Another run would have other processes, and other samples in each. So a resample draws as many
processes as there were, K, with replacement, and from each as many samples as it had, m on average,
with replacement; its median is taken over all n = K m of them.

**Without drawing.** How many values of a resample are at most x is a sum of K independent draws
of a process, each of them binomial: with q_p the share of process p's values that are at most x,
its generating function is

    G(z) = (1/K sum_p (1 - q_p + q_p z)^m)^K,        P(count = s) = 1/(n+1) sum_j z_j^-s G(z_j)

over the n + 1 complex roots of unity z_j. The h-th smallest of the resample is at most x if the
count is at least h, so that its distribution over the values themselves is known to rounding. Of an
even number the median is the mean of the two in the middle, which are taken to move together: their
quantiles are averaged. That is a little wider than the truth where they do not.

Source: Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8; Kalibera
and Jones, Rigorous benchmarking in reasonable time, ISMM 2013, for processes and samples as levels;
Efron, Bootstrap methods: another look at the jackknife, Ann. Statist. 7, 1979, section 3, for the
exact distribution of one sample's median.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

CHUNK = 2**20
"""Complex numbers at a time, 16 MiB."""

Array = np.ndarray[Any, Any]
Groups = Sequence[Sequence[float]]
"""The values of each process."""


@dataclass(frozen=True, slots=True)
class MedianSpread:
    """Of the median of a resample: the ends of its middle share, and its standard deviation."""

    low: float
    high: float
    deviation: float


def spread(groups: Groups, level: float) -> MedianSpread:
    """Return how far the median of `groups` would move. level: the share between the ends, 0 to 1.

    Raises ValueError without a value.
    """
    return spreads([groups], level)[0]


def spreads(cells: Sequence[Groups], level: float) -> list[MedianSpread]:
    """Return the spread of each cell's median; cells with equally many values go together."""
    filled = [[group for group in groups if len(group)] for groups in cells]
    if not all(filled):
        raise ValueError("no values to resample")
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, groups in enumerate(filled):
        alike.setdefault(tuple(map(len, groups)), []).append(i)
    found: dict[int, MedianSpread] = {}
    for counts, members in alike.items():
        step = max(1, CHUNK // sum(counts) ** 2)
        for start in range(0, len(members), step):
            some = members[start : start + step]
            values = np.array([[x for group in filled[i] for x in group] for i in some])
            figures = _figures(values, counts, level)
            found |= {i: MedianSpread(*row) for i, row in zip(some, figures.tolist(), strict=True)}
    return [found[i] for i in range(len(cells))]


def _figures(values: Array, counts: tuple[int, ...], level: float) -> Array:
    """low, high, deviation of each row of values (cells, N), which lie process by process."""
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    lower, upper = _distributions(order, counts)
    outside = (1.0 - level) / 2
    ends = []
    for share in (outside, 1.0 - outside):
        # The first value that reaches the share; what is reached is known to 1e-14.
        places = [(each < share - 1e-12).sum(axis=1, keepdims=True) for each in (lower, upper)]
        ends.append(_middle(ordered, *places)[:, 0])
    edges = np.concatenate([lower, upper], axis=1)
    turn = np.argsort(edges, axis=1, kind="stable")
    weights = np.diff(np.take_along_axis(edges, turn, axis=1), axis=1, prepend=0.0)
    passed = np.cumsum(turn < lower.shape[1], axis=1) - (turn < lower.shape[1])
    both = _middle(ordered, passed, np.arange(edges.shape[1]) - passed)
    mean = (weights * both).sum(axis=1, keepdims=True)
    deviation = np.sqrt((weights * (both - mean) ** 2).sum(axis=1))
    return np.stack([*ends, deviation], axis=1)


def _middle(ordered: Array, lower: Array, upper: Array) -> Array:
    """The mean of the values at two places each, (cells, places)."""
    last = ordered.shape[1] - 1
    low, high = (np.take_along_axis(ordered, np.minimum(x, last), 1) for x in (lower, upper))
    mean: Array = low + (high - low) / 2
    return mean


def _distributions(order: Array, counts: tuple[int, ...]) -> tuple[Array, Array]:
    """P(middle value of a resample <= i-th smallest), (cells, N), of the lower and the upper."""
    powers, tails = _tables(counts)
    process = np.repeat(np.arange(len(counts)), counts)[order]
    # Of each process, how many values are at most the i-th smallest of all.
    below = [np.cumsum(process == p, axis=1) for p in range(len(counts))]
    step = max(1, CHUNK // (len(order) * len(tails)))
    reached = np.concatenate(
        [
            (_power(_mixed(powers, below, slice(i, i + step)), len(counts)) @ tails).real
            for i in range(0, order.shape[1], step)
        ],
        axis=1,
    )
    reached[:, -1] = 1.0
    rising = np.maximum.accumulate(np.clip(reached, 0.0, 1.0), axis=1)
    return rising[:, :, 0], rising[:, :, 1]


def _mixed(powers: list[Array], below: list[Array], part: slice) -> Array:
    """The generating function of one draw of a process, for some of the values."""
    found: Array = powers[0][below[0][:, part]]
    for table, counted in zip(powers[1:], below[1:], strict=True):
        found = found + table[counted[:, part]]
    return found


def _power(x: Array, k: int) -> Array:
    """x^k by squaring: numpy's own goes by logarithms, which takes ten times as long."""
    if k == 1:
        return x
    half = _power(x, k // 2)
    return half * half * x if k % 2 else half * half


@lru_cache(256)
def _tables(counts: tuple[int, ...]) -> tuple[list[Array], Array]:
    """What depends on the numbers of values alone.

    Of each process (1 - q + q z)^m / K, (count + 1, roots), for q = 0, 1 / count, ... 1; and the
    weights, (roots, 2), that make of G its P(count >= h) for both middle values. Of conjugate roots
    one is enough, counted twice.
    """
    each = max(1, round(sum(counts) / len(counts)))
    n = each * len(counts)
    j = np.arange((n + 1) // 2 + 1)
    z = np.exp(2j * np.pi * j / (n + 1))
    twice = np.where((j == 0) | (2 * j == n + 1), 1.0, 2.0)
    shares = (np.arange(count + 1)[:, None] / count for count in counts)
    powers = [_power(1 - q + q * z, each) / len(counts) for q in shares]
    tails = [
        (z[:, None] ** -np.arange(h, n + 1)).sum(axis=1) * twice / (n + 1)
        for h in ((n + 1) // 2, n // 2 + 1)
    ]
    return powers, np.stack(tails, axis=1)
