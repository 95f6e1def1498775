"""Starts on which nobody has chosen a setting: the two collections seen from elsewhere.

turned: a problem of Moré, Garbow and Hillstrom in the coordinates z, x = Q z, Q orthogonal and
    random: what a method owes to axes that happen to be a valley's is gone.
scaled: x = D z, D diagonal, 10^U(-3, 3): parameters in other units.
far: from ten times their starts, as the paper has it; those whose start is 0 are left out.
nist: NIST's regressions from 2 a - b, where a and b are the agency's starts: as far from a as b is,
    on the other side.

Minima are the published ones: of z they are those of x. A method may come to a minimum that nobody
has published: it then counts as unsolved, for every method alike.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from tests.benchmarks.collections import more_garbow_hillstrom, strd
from tests.benchmarks.collections.fit import Fit


def sets() -> dict[str, list[Fit]]:
    """Name -> starts: 31 turned, 31 scaled, those that are far, and 27 of NIST's."""
    problems, regressions = more_garbow_hillstrom.fits(), strd.fits()
    pairs = zip(regressions[::2], regressions[1::2], strict=True)
    return {
        "turned": [moved(fit, _turn(fit)) for fit in problems],
        "scaled": [moved(fit, _scale(fit)) for fit in problems],
        "far": [_from(fit, 10.0 * np.array(fit.start)) for fit in problems if any(fit.start)],
        "nist": [_from(a, 2.0 * np.array(a.start) - np.array(b.start)) for a, b in pairs],
    }


def moved(fit: Fit, matrix: np.ndarray) -> Fit:
    """The fit in coordinates z, x = matrix z, (P, P); its start is where x starts."""

    def residuals(xp, z, data):
        return fit.residuals(xp, data["matrix"] @ z, data)

    def columns(z, data):
        return (fit.jacobian(data["matrix"] @ z, data) @ data["matrix"]).T

    start = tuple(np.linalg.solve(matrix, np.array(fit.start, float)).tolist())
    data = {**fit.data, "matrix": matrix}
    return replace(fit, residuals=residuals, columns=columns, start=start, data=data)


def _from(fit: Fit, start: np.ndarray) -> Fit:
    return replace(fit, start=tuple(start.tolist()))


def _rng(fit: Fit) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(fit.name.encode()))


def _turn(fit: Fit) -> np.ndarray:
    size = len(fit.start)
    return np.linalg.qr(_rng(fit).normal(size=(size, size)))[0]


def _scale(fit: Fit) -> np.ndarray:
    return np.diag(10.0 ** _rng(fit).uniform(-3.0, 3.0, len(fit.start)))
