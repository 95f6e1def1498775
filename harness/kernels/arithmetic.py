"""The arithmetic inside, estimated from the errors of many numbers.

The error of a number g that is computed in float32 and rounded once is a share of eps |g|; what
rounds after every operation errs by a share of eps M. So

    e² = eps² (a² g² + b² M²)

is fitted to the errors e of all numbers, a ≥ 0 and b ≥ 0, each number with the weight of its own
scale. Rounding to nearest, with every operation alike, has b of 0.29; sums that are taken in the
low dtype have errors that grow with their length, b above 1. The interval is the bootstrap's.

A kernel beside a slower version by the same author: its errors are held against what that version
may do, eps (½ |g| + b M), with the b that explains all of that version's own errors. So a number is
not the worse for it where the other was lucky.

Source: least squares with two unknowns that are not negative, in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradparity.problems import Array

_DRAWS = 200
_GROUPS = 2000
"""Groups of numbers that are drawn from, where there are more numbers."""

_KNOWN = 64
"""The numbers that are needed for an estimate."""

_FLOAT32, _LOW_SUMS = 0.08, 1.0
"""Below, it is as in float32; above, as if sums were taken in the low dtype."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """b, with the interval of 95 %."""

    b: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write "as if rounded after every operation (b = 0.31, 0.27 to 0.36)"."""
        if self.high <= _FLOAT32:
            like = "as if computed in float32 and rounded once"
        elif self.low >= _LOW_SUMS:
            like = "as if sums were taken in the low dtype"
        elif self.low > _FLOAT32 and self.high < _LOW_SUMS:
            like = "as if rounded after every operation"
        else:
            like = "between float32 and rounding after every operation"
        return f"{like} (b = {self.b:.2g}, {self.low:.2g} to {self.high:.2g})"


def estimated(true: Array, moves: Array, errors: Array, seed: int) -> Arithmetic | str:
    """The arithmetic; why nothing can be said, where that is so.

    true, moves, errors: (n,), g, M and e / eps of numbers that the range has no part in.
    """
    scale = np.square(true) + np.square(moves)
    known = np.isfinite(errors) & (scale > 0)
    if np.count_nonzero(known) < _KNOWN:
        return f"{np.count_nonzero(known)} numbers do not tell the arithmetic, {_KNOWN} would"
    g, m, e = (np.square(x[known]) / scale[known] for x in (true, moves, errors))
    if np.mean(m) < 0.3:  # all of M is the last rounding
        return "the function has no operation whose rounding would show"
    rng = np.random.default_rng((seed, 12))
    sums = _sums(g, m, e, rng)
    drawn = [
        _fit(*sums[:, i].sum(1)) for i in rng.integers(sums.shape[1], size=(_DRAWS, sums.shape[1]))
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Arithmetic(_fit(*sums.sum(1)), float(low), float(high))


def _sums(g: Array, m: Array, e: Array, rng: np.random.Generator) -> Array:
    """The sums g g, g m, m m, g e and m e of each group of numbers, (5, groups).

    A group is a number where there are few, else as many of them at random: what is drawn of
    groups varies as what is drawn of numbers, since neither is next to its like.
    """
    if len(g) > _GROUPS:
        order = rng.permutation(len(g))
        g, m, e = (x[order] for x in (g, m, e))
    first = np.linspace(0, len(g), min(len(g), _GROUPS), endpoint=False).astype(int)
    products = (x * y for x, y in ((g, g), (g, m), (m, m), (g, e), (m, e)))
    return np.stack([np.add.reduceat(x, first) for x in products])


def _fit(gg: float, gm: float, mm: float, ge: float, me: float) -> float:
    """b of e = a² g + b² m by least squares, neither being negative."""
    determinant = gg * mm - gm * gm
    if determinant > 1e-9 * gg * mm:
        a, b = (ge * mm - me * gm) / determinant, (me * gg - ge * gm) / determinant
        if a >= 0 and b >= 0:
            return float(np.sqrt(b))
        if b < 0:
            return 0.0
    return float(np.sqrt(max(me / mm, 0.0))) if mm > 0 else 0.0


def times_worse(true: Array, moves: Array, errors: Array, others: Array) -> Array:
    """How many times the error of the other version each number is off, (n,).

    errors, others: e / eps of the kernel and of the other version. Every entry of the other
    version's own is 1 at most.
    """
    size = np.abs(true)
    with np.errstate(all="ignore"):
        beyond = np.maximum(np.abs(others) - size, 0.0) / moves
    b = float(np.max(beyond, initial=0.0, where=np.isfinite(beyond)))
    allowed = size + b * moves
    with np.errstate(all="ignore"):
        found = np.abs(errors) / allowed
    return np.where(np.isfinite(found), found, 0.0)
