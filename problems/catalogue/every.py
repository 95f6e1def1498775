"""Every problem that comes with gradparity: name -> problem."""

from gradparity.problems import (
    advertising,
    business,
    digits,
    landscapes,
    plane,
    products,
    quadratic,
    regression,
    xor,
)
from gradparity.problems.marketing import adstock
from gradparity.problems.networks import learners
from gradparity.problems.problem import Problem
from gradparity.problems.science import catalogue as science
from gradparity.problems.systems import catalogue as systems

PROBLEMS: dict[str, Problem] = {
    **business.PROBLEMS,
    **products.PROBLEMS,
    **advertising.PROBLEMS,
    **xor.PROBLEMS,
    **landscapes.PROBLEMS,
    **plane.PROBLEMS,
    **quadratic.PROBLEMS,
    **digits.PROBLEMS,
    **regression.PROBLEMS,
    **science.PROBLEMS,
    **learners.PROBLEMS,
    **systems.PROBLEMS,
    **adstock.PROBLEMS,
}
