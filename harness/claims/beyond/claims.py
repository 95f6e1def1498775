"""The claims beyond the course, in their order."""

from gradparity.harness.claims.beyond import (
    clipping,
    critical_batch,
    decay,
    edge,
    half_precision,
    seeds,
    smoothing,
    warm_up,
)

BEYOND = (
    clipping.CLAIM,
    warm_up.CLAIM,
    critical_batch.CLAIM,
    half_precision.CLAIM,
    edge.CLAIM,
    smoothing.CLAIM,
    decay.CLAIM,
    seeds.CLAIM,
)
