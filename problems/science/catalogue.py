"""Every problem of science: name -> problem."""

from gradparity.problems.problem import Problem
from gradparity.problems.science import (
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

PROBLEMS: dict[str, Problem] = {
    **mixture.PROBLEMS,
    **kmeans.PROBLEMS,
    **polynomial.PROBLEMS,
    **logsumexp.PROBLEMS,
    **determinant.PROBLEMS,
    **factorisation.PROBLEMS,
    **linear_solve.PROBLEMS,
    **lennard_jones.PROBLEMS,
    **pde.PROBLEMS,
    **ode.PROBLEMS,
    **kalman.PROBLEMS,
    **gaussian_process.PROBLEMS,
    **bundle.PROBLEMS,
}
