"""Every problem that comes with gradparity: name -> problem."""

from problems import advertising, business, digits, landscapes, products, quadratic, regression, xor
from problems.problem import Problem

PROBLEMS: dict[str, Problem] = {
    **business.PROBLEMS,
    **products.PROBLEMS,
    **advertising.PROBLEMS,
    **xor.PROBLEMS,
    **landscapes.PROBLEMS,
    **quadratic.PROBLEMS,
    **digits.PROBLEMS,
    **regression.PROBLEMS,
}
