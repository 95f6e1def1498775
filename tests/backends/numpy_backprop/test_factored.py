"""A matrix that is factorised once answers as NumPy, which factorises each time."""

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.contract import factored as module
from gradparity.backends.numpy_backprop.contract.factored import ByLapack, ByNumpy, factored


@pytest.mark.parametrize("kind", [ByLapack, ByNumpy])
@pytest.mark.parametrize("n", [1, 2, 5, 40])
@pytest.mark.parametrize(("dtype", "near"), [(np.float64, 1e-12), (np.float32, 1e-3)])
def test_it_answers_as_numpy(kind, n, dtype, near):
    pytest.importorskip("scipy")
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(n, n)), rng.normal(size=n)
    made = kind(a.astype(dtype))
    for found, expected in (
        (made.solve(b.astype(dtype)), np.linalg.solve(a, b)),
        (made.adjoint(b.astype(dtype)), np.linalg.solve(a.T, b)),
        (made.determinant(), np.linalg.det(a)),
        (made.inverse(), np.linalg.inv(a)),
    ):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=near, atol=near * np.abs(expected).max())


def test_without_scipy_numpy_is_asked(monkeypatch):
    def absent(a):
        raise ImportError("scipy")

    monkeypatch.setattr(module, "ByLapack", absent)
    assert factored(np.eye(2)).determinant() == 1.0


def test_a_singular_matrix_is_told():
    pytest.importorskip("scipy")
    with pytest.raises(np.linalg.LinAlgError):
        ByLapack(np.zeros((2, 2)))
