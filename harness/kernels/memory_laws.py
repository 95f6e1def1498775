"""What no kernel may depend on: how a cotangent lies in memory, and what fresh memory held.

A cotangent that is expanded (one number, stride 0) or transposed has the gradient of its contiguous
copy. Where torch fills fresh memory with NaN, a number that is NaN was never written, or was made
of one that was not. JAX has neither.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradparity.harness.kernels.laws import Broken, KernelCall


def broken_by_memory(trial: KernelCall) -> list[Broken]:
    """The laws of memory that do not hold; [] for a kernel of JAX."""
    if trial.kernel.home.name != "torch":
        return []
    return [*_laid_out(trial), *_unwritten(trial)]


def _laid_out(trial: KernelCall) -> Iterator[Broken]:
    point = trial.point
    one = [np.full(u.shape, u.flat[0]) if u.size else u for u in point.cotangents]
    for layout, us in (("expanded", one), ("transposed", point.cotangents)):
        found = trial.kernel.answered(point.inputs, us, layout)[1]
        should = trial.gradients(us)
        law = f"{layout} cotangents have the gradients of their contiguous copies"
        yield from trial.compared(law, should, found, trial.sizes(should))


def _unwritten(trial: KernelCall) -> Iterator[Broken]:
    found = trial.kernel.poisoned(trial.point.inputs, trial.point.cotangents)
    for i, (own, g) in enumerate(zip(trial.own, found, strict=True)):
        lost = np.isnan(g) & ~np.isnan(own)
        if np.any(lost):
            law = "the gradient does not depend on what fresh memory held"
            seen = f"NaN in {np.count_nonzero(lost):,} of {g.size:,} numbers of input {i}"
            yield Broken(law, f"{seen} where fresh memory is filled with NaN")
