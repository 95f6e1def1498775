"""Every problem that comes with gradparity: name -> problem."""

from problems import business, digits, landscapes, quadratic, regression, xor
from problems.problem import Problem

PROBLEMS: dict[str, Problem] = {
    **business.PROBLEMS,
    **xor.PROBLEMS,
    **landscapes.PROBLEMS,
    **quadratic.PROBLEMS,
    **digits.PROBLEMS,
    **regression.PROBLEMS,
}
