"""Every hand-written derivative: problem -> gradient, and problem -> further operators."""

from gradparity.backends.numpy_backprop import (
    advertising,
    business,
    business_second,
    digits,
    landscapes,
    landscapes_second,
    products,
    quadratic,
    regression,
    xor,
)
from gradparity.backends.numpy_backprop.contract.derivation import Derive, Further
from gradparity.backends.numpy_backprop.marketing import adstock
from gradparity.backends.numpy_backprop.networks import catalogue as networks
from gradparity.backends.numpy_backprop.science import catalogue as science
from gradparity.backends.numpy_backprop.systems import catalogue as systems

DERIVATIONS: dict[str, Derive] = {
    **business.DERIVATIONS,
    **products.DERIVATIONS,
    **advertising.DERIVATIONS,
    **xor.DERIVATIONS,
    **landscapes.DERIVATIONS,
    **quadratic.DERIVATIONS,
    **digits.DERIVATIONS,
    **regression.DERIVATIONS,
    **science.DERIVATIONS,
    **networks.DERIVATIONS,
    **systems.DERIVATIONS,
    **adstock.DERIVATIONS,
}

FURTHER: dict[str, Further] = {
    **business_second.FURTHER,
    **products.FURTHER,
    **advertising.FURTHER,
    **xor.FURTHER,
    **landscapes_second.FURTHER,
    **quadratic.FURTHER,
    **digits.FURTHER,
    **regression.FURTHER,
    **science.FURTHER,
}
