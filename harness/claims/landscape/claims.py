"""The claims on landscapes: of optimisation, and what the text says as well."""

from gradparity.harness.claims.landscape import (
    batch_noise,
    curvatures,
    escaping,
    flat_minima,
    gradient_free,
    many_minima,
    saddles,
    scales,
    small_batches,
    stalling,
    stopping_rule,
    valleys,
)

OPTIMISATION = (
    saddles.CLAIM,
    stalling.CLAIM,
    batch_noise.CLAIM,
    small_batches.CLAIM,
    many_minima.CLAIM,
    scales.CLAIM,
    gradient_free.CLAIM,
)
SAID = (valleys.CLAIM, curvatures.CLAIM, flat_minima.CLAIM, escaping.CLAIM, stopping_rule.CLAIM)
