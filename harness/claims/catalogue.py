"""Every claim by its number, in the order of the course's chapters."""

from __future__ import annotations

from gradparity.harness.claims.beyond.claims import BEYOND
from gradparity.harness.claims.chain_rule import attention, dead, deep, quarter, rank, smooth
from gradparity.harness.claims.cost import backward, directions, gradient_free, parameters
from gradparity.harness.claims.derivatives import (
    optimum,
    polynomial,
    sensitivity,
    steepest,
    unit_step,
    units,
)
from gradparity.harness.claims.descent.claims import DESCENT
from gradparity.harness.claims.landscape.claims import OPTIMISATION, SAID
from gradparity.harness.claims.tools.experiment import Claim
from gradparity.harness.claims.whole import digits, systems, unmeasured, xor

CHAPTERS: dict[str, tuple[Claim, ...]] = {
    "Derivatives and gradients": (sensitivity.CLAIM, optimum.CLAIM, steepest.CLAIM, units.CLAIM),
    "Chain rule and backpropagation": (
        quarter.CLAIM,
        deep.SIX,
        deep.SEVEN,
        rank.CLAIM,
        dead.CLAIM,
        smooth.CLAIM,
        attention.CLAIM,
    ),
    "Cost": (backward.CLAIM, parameters.CLAIM, directions.CLAIM, gradient_free.CLAIM),
    "Descent and optimisation": DESCENT + OPTIMISATION,
    "The whole": (xor.CLAIM, digits.CLAIM, systems.CLAIM),
    "Said in the text as well": (unit_step.CLAIM, polynomial.CLAIM, *SAID, unmeasured.CLAIM),
    "Beyond the course": BEYOND,
}

CLAIMS: dict[int, Claim] = {one.number: one for some in CHAPTERS.values() for one in some}


def chapter_of(number: int) -> str:
    """The chapter that a claim stands in."""
    return next(name for name, some in CHAPTERS.items() if CLAIMS[number] in some)
