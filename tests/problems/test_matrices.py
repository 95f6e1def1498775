"""Linear algebra in longdouble against mpmath with 40 digits, and its signs against LAPACK's."""

import mpmath
import numpy as np
import pytest

from gradparity.problems import InputError
from gradparity.problems.matrices import functions
from gradparity.problems.namespace import NUMPY

EPS = float(np.finfo(np.longdouble).eps)
N = 5
A = np.random.default_rng(0).normal(size=(3, N, N)).astype(np.longdouble)
SYMMETRIC = A @ np.swapaxes(A, -1, -2)
ROTATION = functions.qr(A[0])[:N]


@pytest.fixture(autouse=True)
def forty_digits():
    with mpmath.workdps(40):
        yield


def number(x):
    high = float(x)
    return mpmath.mpf(high) + mpmath.mpf(float(x - np.longdouble(high)))


def many(x):
    return mpmath.matrix([[number(entry) for entry in row] for row in x])


def assert_near(found, true, bound):
    """Entry by entry within so many eps of the largest entry."""
    found = many(found)
    error = max(abs(x) for x in found - true)
    assert error <= bound * EPS * max(abs(x) for x in true)


@pytest.mark.parametrize("i", range(3))
def test_longdouble_agrees_with_mpmath(i):
    a, s = A[i], SYMMETRIC[i]
    condition = np.linalg.cond(a.astype(float))
    right = A[(i + 1) % 3][:, :2]
    solved = functions.solve(A, np.roll(A, -1, axis=0)[..., :2])[i]
    assert_near(solved, many(a) ** -1 * many(right), 8 * condition)
    sign, size = functions.slogdet(A)[i]
    true = mpmath.det(many(a))
    assert np.sign(float(true)) == sign
    assert abs(number(size) - mpmath.log(abs(true))) <= 8 * condition * EPS
    assert_near(functions.cholesky(SYMMETRIC)[i], mpmath.cholesky(many(s)), 8 * condition)
    assert_near(functions.expm(A)[i], mpmath.expm(many(a), method="taylor"), 64)
    values = sorted(mpmath.eigsy(many(s), eigvals_only=True))
    assert_near(functions.eigh(SYMMETRIC)[i][:1], mpmath.matrix([values]), 32)


@pytest.mark.parametrize(
    "spectrum", [(1, 2, 3, 4, 5), (1, 1, 1, 2, 2), (0, 0, 0, 0, 0), (1, 1 + 1e-15, 2, 1e-9, 1e6)]
)
def test_eigenvectors_are_orthonormal_and_give_the_matrix_back(spectrum):
    a = ROTATION * np.array(spectrum, np.longdouble) @ ROTATION.T
    found = functions.eigh(a)
    w, v = found[0], found[1:]
    scale = max(1.0, float(np.max(np.abs(a))))
    assert np.all(np.diff(w) >= 0)
    assert np.max(np.abs(v.T @ v - np.eye(N))) <= 32 * EPS
    assert np.max(np.abs(v * w @ v.T - a)) <= 32 * EPS * scale


def test_factors_have_the_signs_of_lapack():
    for shape in ((N, N), (N, 3)):
        a = A[:, : shape[0], : shape[1]]
        ours, lapack = functions.qr(a), functions.qr(a.astype(float))
        assert np.max(np.abs(ours - lapack)) <= 1e-13
    assert (
        np.max(np.abs(functions.eigh(SYMMETRIC) - functions.eigh(SYMMETRIC.astype(float)))) < 1e-11
    )


def test_matrices_out_of_the_domain_are_one_line():
    for dtype in ("float64", "longdouble"):
        with pytest.raises(InputError, match="singular at this point"):
            NUMPY.solve(np.ones((2, 2), dtype), np.ones(2, dtype))
        with pytest.raises(InputError, match="not positive definite at this point"):
            NUMPY.cholesky(np.array([[1, 2], [2, 1]], dtype))
        assert np.isneginf(NUMPY.slogdet(np.ones((2, 2), dtype))[1])
        assert np.all(np.isnan(NUMPY.expm(np.full((2, 2), np.inf, dtype))))
