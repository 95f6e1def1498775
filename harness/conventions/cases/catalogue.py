"""All cases of the atlas, family after family."""

from __future__ import annotations

from gradparity.harness.conventions.cases import (
    activations,
    geometry,
    indexing,
    logarithms,
    losses,
    matrices,
    powers,
    special,
    steps,
    ties,
)
from gradparity.harness.conventions.cases.case import Case

CASES: tuple[Case, ...] = (
    *activations.CASES,
    *ties.CASES,
    *powers.CASES,
    *logarithms.CASES,
    *special.CASES,
    *geometry.CASES,
    *steps.CASES,
    *losses.CASES,
    *indexing.CASES,
    *matrices.CASES,
)
"""Name and point together name a case."""
