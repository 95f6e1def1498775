"""Every hand-written derivative: problem -> gradient, and problem -> further operators."""

from backends.numpy_backprop import (
    business,
    business_second,
    digits,
    landscapes,
    landscapes_second,
    regression,
    xor,
)
from backends.numpy_backprop.derivation import Derive, Further

DERIVATIONS: dict[str, Derive] = {
    **business.DERIVATIONS,
    **xor.DERIVATIONS,
    **landscapes.DERIVATIONS,
    **digits.DERIVATIONS,
    **regression.DERIVATIONS,
}

FURTHER: dict[str, Further] = {
    **business_second.FURTHER,
    **xor.FURTHER,
    **landscapes_second.FURTHER,
    **digits.FURTHER,
    **regression.FURTHER,
}
