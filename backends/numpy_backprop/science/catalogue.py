"""Every hand-written derivative of science: problem -> gradient, problem -> further operators."""

from gradparity.backends.numpy_backprop.contract.derivation import Derive, Further
from gradparity.backends.numpy_backprop.science import (
    bundle,
    determinant,
    factorisation,
    gaussian_process,
    kalman,
    kmeans,
    lennard_jones,
    linear_solve,
    logsumexp,
    mixture,
    ode,
    pde,
    polynomial,
)

DERIVATIONS: dict[str, Derive] = {
    **mixture.DERIVATIONS,
    **kmeans.DERIVATIONS,
    **polynomial.DERIVATIONS,
    **logsumexp.DERIVATIONS,
    **determinant.DERIVATIONS,
    **factorisation.DERIVATIONS,
    **linear_solve.DERIVATIONS,
    **lennard_jones.DERIVATIONS,
    **pde.DERIVATIONS,
    **ode.DERIVATIONS,
    **kalman.DERIVATIONS,
    **gaussian_process.DERIVATIONS,
    **bundle.DERIVATIONS,
}

FURTHER: dict[str, Further] = {**polynomial.FURTHER, **linear_solve.FURTHER}
