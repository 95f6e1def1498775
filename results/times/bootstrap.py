"""The hierarchical bootstrap: how far a median would move in another run of the same experiment.

Another run would have other processes, and other samples in each. So each resample draws as many
processes as there were, with replacement, and from each as many samples as it had, on average, with
replacement; its median is taken over all of them.

Source: Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8; Kalibera
and Jones, Rigorous benchmarking in reasonable time, ISMM 2013, for processes and samples as levels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 1000


def medians(groups: Sequence[Sequence[float]], resamples: int = RESAMPLES) -> list[float]:
    """Return the medians of `resamples` resamples of one group of values per process.

    The same groups give the same medians. Raises ValueError without a value.
    """
    filled = [group for group in groups if len(group)]
    if not filled:
        raise ValueError("no values to resample")
    counts = np.array([len(group) for group in filled])
    values = np.zeros((len(filled), int(counts.max())))
    for row, group in zip(values, filled, strict=True):
        row[: len(group)] = group
    rng = np.random.default_rng(0)
    processes = rng.integers(0, len(filled), (resamples, len(filled), 1))
    each = max(1, round(float(counts.mean())))
    places = rng.random((resamples, len(filled), each)) * counts[processes]
    drawn = values[processes, places.astype(int)].reshape(resamples, -1)
    found: list[float] = np.median(drawn, axis=1).tolist()
    return found
