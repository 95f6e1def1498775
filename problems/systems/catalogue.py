"""Every loss of `systems`: name -> problem."""

from gradparity.problems.problem import Problem
from gradparity.problems.systems import diffusion, folding, multitask, ranking

PROBLEMS: dict[str, Problem] = {
    **diffusion.PROBLEMS,
    **folding.PROBLEMS,
    **multitask.PROBLEMS,
    **ranking.PROBLEMS,
}
