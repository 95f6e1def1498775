"""Dense Hessians and Jacobians of the landscapes, on whole arrays; one reused matrix each.

What is always 0 is written once, when the matrix is made; a call fills the diagonals alone. In a
matrix of n columns, flattened, the diagonal is [::n + 1], the one above it [1::n + 1], the one
below it [n::n + 1].
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.composed import refuse_large
from gradparity.backends.numpy_backprop.contract.derivation import Operate
from gradparity.problems import Arrays

PI = math.pi
ROOT2 = math.sqrt(2.0)


def rosenbrock_hessian(params: Arrays, data: Arrays) -> Operate:
    """Tridiagonal, from the coefficients of v in `landscapes_blocks_second`.

    H_ii = 2 + 1200 x_i² - 400 x_{i+1} [i < n-1] + 200 [i > 0],  without the 2 at i = n-1;
    H_{i,i+1} = H_{i+1,i} = -400 x_i.
    """
    n = refuse_large("Hessian", params)
    matrix = np.zeros((n, n), params["x"].dtype)
    flat = matrix.reshape(-1)

    def hessian(params: Arrays, data: Arrays) -> Any:
        x = params["x"]
        diagonal = flat[:: n + 1]
        diagonal[-1] = 0.0
        diagonal[:-1] = 2.0 + 400.0 * (3.0 * np.square(x[:-1]) - x[1:])
        diagonal[1:] += 200.0
        flat[1 :: n + 1] = flat[n :: n + 1] = -400.0 * x[:-1]
        return matrix

    return hessian


def rastrigin_hessian(params: Arrays, data: Arrays) -> Operate:
    """Diagonal, 2 + 40 π² cos 2πx."""
    n = refuse_large("Hessian", params)
    matrix = np.zeros((n, n), params["x"].dtype)

    def hessian(params: Arrays, data: Arrays) -> Any:
        matrix.reshape(-1)[:: n + 1] = 2.0 + 40.0 * PI * PI * _waves(params["x"])[1]
        return matrix

    return hessian


def ackley_hessian(params: Arrays, data: Arrays) -> Operate:
    """A diagonal and two matrices of rank one, as in `landscapes_blocks_second.ackley`.

    H = A' x xᵀ + B' s sᵀ + diag(A + π B cos 2πx),   s = ½ sin 2πx,
    A = 4 e^{-r/5}/(n r),   A' = -A (1/5 + 1/r)/(n r),   B = 4 π e^{1-q}/n,   B' = -4 π B/n.
    """
    n = refuse_large("Hessian", params)
    matrix, second = np.empty((2, n, n), params["x"].dtype)

    def hessian(params: Arrays, data: Arrays) -> Any:
        x = params["x"]
        s, cosine = _waves(x)
        r, q = math.sqrt(float(np.dot(x, x)) / n), float(np.mean(1.0 - cosine))
        outward = 4.0 * math.exp(-0.2 * r) / (n * r) if r != 0.0 else 0.0
        outward_bend = -outward * (0.2 + 1.0 / r) / (n * r) if r != 0.0 else 0.0
        ripple = 4.0 * PI * math.exp(1.0 - q) / n
        np.outer(x, x, out=matrix)
        np.multiply(matrix, outward_bend, out=matrix)
        np.outer(s, s, out=second)
        np.multiply(second, -4.0 * PI * ripple / n, out=second)
        np.add(matrix, second, out=matrix)
        matrix.reshape(-1)[:: n + 1] += outward + PI * ripple * cosine
        return matrix

    return hessian


def _waves(x: Any) -> tuple[Any, Any]:
    """½ sin 2πx and cos 2πx, by the sine and cosine of πx: nothing cancels near whole numbers."""
    s, c = np.sin(PI * x), np.cos(PI * x)
    return s * c, (c - s) * (c + s)


def styblinski_tang_hessian(params: Arrays, data: Arrays) -> Operate:
    """Diagonal, 6 x² - 16."""
    n = refuse_large("Hessian", params)
    matrix = np.zeros((n, n), params["x"].dtype)

    def hessian(params: Arrays, data: Arrays) -> Any:
        matrix.reshape(-1)[:: n + 1] = 6.0 * np.square(params["x"]) - 16.0
        return matrix

    return hessian


def rosenbrock_jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of r = √2 (10 (x_{i+1} - x_i²), i < n-1, then 1 - x_i, i < n-1):  (2n - 2, n).

    Of row i, -20 √2 x_i on the diagonal and 10 √2 beside it; of row n-1+i, -√2 on the diagonal.
    """
    n = refuse_large("Jacobian", params)
    matrix = np.zeros((2 * n - 2, n), params["x"].dtype)
    upper, lower = matrix[: n - 1].reshape(-1), matrix[n - 1 :].reshape(-1)
    upper[1 :: n + 1] = 10.0 * ROOT2
    lower[:: n + 1] = -ROOT2

    def jacobian(params: Arrays, data: Arrays) -> Any:
        np.multiply(params["x"][:-1], -20.0 * ROOT2, out=upper[:: n + 1])
        return matrix

    return jacobian


def himmelblau_jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of r = √2 (x² + y - 11, x + y² - 7);  J = √2 (2x, 1; 1, 2y)."""
    matrix = np.full((2, 2), ROOT2, params["x"].dtype)

    def jacobian(params: Arrays, data: Arrays) -> Any:
        np.multiply(params["x"], 2.0 * ROOT2, out=matrix.reshape(-1)[::3])
        return matrix

    return jacobian


def beale_jacobian(params: Arrays, data: Arrays) -> Operate:
    """r_k = √2 (c_k - x (1 - y^k)), k = 1, 2, 3;  rows √2 (y^k - 1, k x y^(k-1))."""
    matrix = np.empty((3, 2), params["x"].dtype)

    def jacobian(params: Arrays, data: Arrays) -> Any:
        x, y = params["x"].tolist()
        below = 1.0
        for k in (1, 2, 3):
            matrix[k - 1] = ROOT2 * (y * below - 1.0), ROOT2 * k * x * below
            below *= y
        return matrix

    return jacobian


def booth_jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of r = √2 (x + 2y - 7, 2x + y - 5);  J = √2 (1, 2; 2, 1), whatever the point."""
    matrix = np.array([[1.0, 2.0], [2.0, 1.0]], params["x"].dtype) * params["x"].dtype.type(ROOT2)
    return lambda params, data: matrix
