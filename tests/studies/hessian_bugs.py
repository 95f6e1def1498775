"""Wrong Hessians of a loss whose Hessian is a closed form: H = Fᵀ diag(e²) F + Fᵀ diag(r e) F, r = e - y.

The loss is that of `tests/harness/judging/test_judge_operators.py`. `BUGS` -> (matrix, cause, words
that name it).
"""

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from tests.harness.judging.test_judge_operators import PROBLEM

INSTANCE = PROBLEM.instance("small", 3)
TRUTH = Truth(PROBLEM, INSTANCE, "hessian")


def parts():
    """J and H of ½ Σ r², r = exp(F θ) - y."""
    p, d = INSTANCE.params, INSTANCE.data
    f = np.concatenate([d["x"], d["z"], np.ones((len(d["x"]), 1))], axis=1)
    e = np.exp(f @ np.concatenate([p["v"], p["a"], [p["b"]]]))
    r = e - d["y"]
    return e[:, None] * f, f.T @ ((e * e + r * e)[:, None] * f)


J, H = parts()
UPPER, LOWER, DIAGONAL = np.triu(H, 1), np.tril(H, -1), np.diag(np.diag(H))
ORDER = np.array([3, 4, 5, 0, 1, 2, 6])


def altered(change):
    other = H.copy()
    change(other)
    return other


def hessian_finding(matrix):
    """What is found of a matrix that is taken for the Hessian."""
    with np.errstate(all="ignore"):
        answers = [Answer(None, {"hessian": matrix.astype(x)}) for x in ("float64", "float32")]
        found = judge_pair(TRUTH, *answers)
        return diagnosed(TRUTH, found, *answers)


BUGS = {
    "upper alone": (UPPER + DIAGONAL, "unit-missing", ("has its upper triangle alone",)),
    "lower alone": (LOWER + DIAGONAL, "unit-missing", ("has its lower triangle alone",)),
    "diagonal alone": (DIAGONAL, "unit-missing", ("has its diagonal alone",)),
    "no diagonal": (UPPER + LOWER, "unit-missing", ("has no diagonal",)),
    "diagonal twice": (UPPER + LOWER + 2 * DIAGONAL, "factor", ("has twice its diagonal",)),
    "mixed halved": (0.5 * (UPPER + LOWER) + DIAGONAL, "factor", ("half what is beside its diagonal",)),
    "sign below": (UPPER - LOWER + DIAGONAL, "sign", ("wrong sign below its diagonal",)),
    "wrong triangle": (UPPER + DIAGONAL + np.tril(UPPER + 1, -1), "transposed", ("upper triangle is right",)),
    "half": (H / 2, "factor", ("½ times",)),
    "sign": (-H, "sign", ("the sign is wrong",)),
    "Gauss-Newton": (J.T @ J, "term-missing", ("1 JᵀJ, Gauss and Newton's",)),
    "block zero": (altered(lambda h: (h[:3, 3:6].fill(0), h[3:6, :3].fill(0))), "parameter-missing", ("the block of v and a is zero everywhere",)),
    "block transposed": (altered(lambda h: h.__setitem__((slice(0, 3), slice(3, 6)), H[:3, 3:6].T)), "transposed", ("the block of v and a is the transpose",)),
    "block doubled": (altered(lambda h: h.__setitem__((slice(3, 6), slice(3, 6)), 2 * H[3:6, 3:6])), "factor", ("the block of a and a is 2 times",)),
    "another order": (H[np.ix_(ORDER, ORDER)], "permuted", ("in the order of a, v and b instead of v, a and b",)),
    "reversed": (H[::-1, ::-1].copy(), "permuted", ("in the order of", "reversed",)),
    "one entry": (altered(lambda h: h.__setitem__((2, 4), 7.0)), "one-component", ("the Hessian[2,4] is 7",)),
    "a row": (altered(lambda h: h.__setitem__(2, 3 * h[2])), "factor", ("3 times what it should be on row 2",)),
}  # fmt: skip
