"""The claims on descent, in their order."""

from gradparity.harness.claims.descent import (
    adam,
    convex,
    good_default,
    rates,
    small_rate,
    speed,
    threshold,
)

DESCENT = (
    threshold.CLAIM,
    rates.CLAIM,
    small_rate.CLAIM,
    convex.CLAIM,
    speed.CLAIM,
    adam.CLAIM,
    good_default.CLAIM,
)
