"""Linear algebra in plain losses, as libraries spell it, is judged by the tape."""

import warnings

import numpy as np
import pytest
import scipy.linalg
from scipy.linalg import cho_factor, cho_solve, expm

from gradparity import GradientError, check

RNG = np.random.default_rng(3)
M = RNG.normal(size=(4, 4)) + 3 * np.diag([1.0, 2.0, 3.0, 4.0])
ONE, E, UNIT = np.ones(4), np.ones((4, 4)), np.eye(4)
inv, solve = np.linalg.inv, np.linalg.solve


def found_of(loss, gradient, point):
    try:
        return check(loss, point, gradient=gradient)
    except GradientError as error:
        return error.finding


def of_cube(b):
    """The gradient of the sum of b³, b symmetric, by b."""
    once, twice = b @ ONE, b @ b @ ONE
    return np.outer(ONE, twice) + np.outer(once, once) + np.outer(twice, ONE)


def through_vectors(m):
    w, v = np.linalg.eigh(m + m.T)
    return np.sum((v * w**3) @ v.T)


def through_singular(m):
    u, s, vt = np.linalg.svd(m, full_matrices=False)
    return np.sum((u * s**3) @ vt)


def of_singular(m):
    return E @ m.T @ m + m @ E @ m + m @ m.T @ E


def largest(m):
    u, _, vt = np.linalg.svd(m)
    return np.outer(u[:, 0], vt[0])


def polar(m):
    u, _, vt = np.linalg.svd(m)
    return u @ vt


def of_inverse_sum(m):
    return -inv(m).T @ E @ inv(m).T


def of_factored(m):
    """Of 1ᵀ (m mᵀ + UNIT)⁻¹ 1."""
    x = solve(m @ m.T + UNIT, ONE)
    return -2 * np.outer(x, x) @ m


def of_triangular(m):
    x = scipy.linalg.solve_triangular(m, ONE, lower=True)
    return -np.tril(np.outer(scipy.linalg.solve_triangular(m, ONE, lower=True, trans=1), x))


NUMPY = {
    "solve, stacked": (lambda m: np.sum(solve(np.stack([m, 2 * m]), E)), lambda m: 1.5 * -np.outer(inv(m).T @ ONE, inv(m) @ E @ ONE)),
    "cholesky": (lambda m: np.sum(np.log(np.diag(np.linalg.cholesky(m @ m.T + UNIT)))), lambda m: solve(m @ m.T + UNIT, m)),
    "eigvalsh": (lambda m: np.sum(np.linalg.eigvalsh(m + m.T) ** 2), lambda m: 4 * (m + m.T)),
    "eigh": (through_vectors, lambda m: 2 * of_cube(m + m.T)),
    "svd": (through_singular, of_singular),
    "singular values": (lambda m: np.sum(np.linalg.svd(m, compute_uv=False) ** 4), lambda m: 4 * m @ m.T @ m),
    "qr": (lambda m: np.sum(np.log(np.abs(np.diag(np.linalg.qr(m)[1])))), lambda m: inv(m).T),
    "pinv": (lambda m: np.sum(np.linalg.pinv(m)), of_inverse_sum),
    "power": (lambda m: np.sum(np.linalg.matrix_power(m, -1)), of_inverse_sum),
    "nuclear": (lambda m: np.linalg.norm(m, "nuc"), polar),
    "spectral": (lambda m: np.linalg.norm(m, 2), largest),
    "kron": (lambda m: np.sum(np.kron(m, M)), lambda m: np.sum(M) * E),
    "cross": (lambda m: np.cross(m[0, :3], M[1, :3])[2], lambda m: np.pad([[M[1, 1], -M[1, 0]]], ((0, 3), (0, 2)))),
    "scipy solve": (lambda m: np.sum(scipy.linalg.solve(m, ONE)), lambda m: -np.outer(solve(m.T, ONE), solve(m, ONE))),
    "scipy cho_solve": (lambda m: ONE @ cho_solve(cho_factor(m @ m.T + UNIT), ONE), of_factored),
    "scipy cho_solve, lower": (lambda m: ONE @ cho_solve(cho_factor(m @ m.T + UNIT, lower=True), ONE), of_factored),
    "scipy triangular": (lambda m: np.sum(scipy.linalg.solve_triangular(m, ONE, lower=True)), of_triangular),
    "scipy expm": (lambda m: np.trace(expm(m / 4)), lambda m: expm(m / 4).T / 4),
    "scipy det": (lambda m: np.log(scipy.linalg.det(m)), lambda m: inv(m).T),
    "scipy eigh": (lambda m: np.sum(scipy.linalg.eigh(m + m.T, eigvals_only=True) ** 2), lambda m: 4 * (m + m.T)),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMPY)
def test_numpy_and_scipy(name):
    loss, gradient = NUMPY[name]
    found = found_of(loss, gradient, M)
    assert found.status == "ok", found
    assert "NumPy operations" in found.oracle
    wrong = found_of(loss, lambda m: gradient(m) * (1 + 1e-9), M)
    assert wrong.status == "formula"


TORCH = {
    "inverse": lambda t, m: t.inverse(m).sum(),
    "solve, a vector": lambda t, m: (t.linalg.solve(m, m[0]) ** 2).sum(),
    "solve, right": lambda t, m: (t.linalg.solve(m, m * m, left=False) ** 2).sum(),
    "det": lambda t, m: t.linalg.det(m),
    "logdet": lambda t, m: t.logdet(m @ m.mT),
    "slogdet": lambda t, m: t.linalg.slogdet(t.stack([m, 2 * m.mT]))[1].sum(),
    "cholesky": lambda t, m: t.linalg.cholesky(m @ m.mT).sum(),
    "cholesky_solve": lambda t, m: t.cholesky_solve(m, t.linalg.cholesky(m @ m.mT)).sum(),
    "cholesky_inverse": lambda t, m: t.cholesky_inverse(t.linalg.cholesky(m @ m.mT)).sum(),
    "triangular": lambda t, m: t.linalg.solve_triangular(m, m.mT, upper=True).sum(),
    "eigh": lambda t, m: (t.linalg.eigh(m + m.mT)[1] ** 2 @ t.linalg.eigvalsh(m + m.mT) ** 2).max(),
    "svd": lambda t, m: (lambda u, s, v: (u * s.sin()) @ v)(*t.linalg.svd(m)).sum(),
    "qr": lambda t, m: (t.linalg.qr(m)[1] ** 2 + t.linalg.qr(m)[0]).sum(),
    "pinv": lambda t, m: t.linalg.pinv(m[:, :3]).sum(),
    "exponential": lambda t, m: t.linalg.matrix_exp(m / 4).sum(),
    "power": lambda t, m: t.linalg.matrix_power(m, 3).sum(),
    "nuclear": lambda t, m: t.linalg.matrix_norm(m, "nuc") + t.linalg.norm(m) + t.trace(m),
    "spectral": lambda t, m: t.linalg.matrix_norm(m, 2),
    "products": lambda t, m: (t.kron(m, m).sum() + t.outer(m[0], m[1]).sum() + t.linalg.cross(m[:3], m[1:], dim=0)[:, 0].sum() + t.tensordot(m, m).sum() + t.linalg.vecdot(m, m.sin()).sum()),
}  # fmt: skip


@pytest.mark.parametrize("name", TORCH)
def test_torch(name):
    torch = pytest.importorskip("torch")
    point = torch.tensor(M)

    def loss(m):
        return TORCH[name](torch, m)

    def gradient(m):
        m = m.detach().requires_grad_()
        return torch.autograd.grad(loss(m), m)[0] * (1 + 1e-8)

    found = found_of(loss, None, point)
    assert found.status == "ok", found
    assert "torch operations" in found.oracle
    assert found_of(loss, gradient, point).status == "formula"


JAX = {
    "inv": lambda j, m: j.numpy.linalg.inv(m).sum(),
    "solve, a vector": lambda j, m: (j.numpy.linalg.solve(m, m[0]) ** 2).sum(),
    "det": lambda j, m: j.numpy.linalg.det(m),
    "slogdet": lambda j, m: j.numpy.linalg.slogdet(m @ m.T)[1],
    "cholesky": lambda j, m: j.numpy.linalg.cholesky(m @ m.T).sum(),
    "cho_solve": lambda j, m: j.scipy.linalg.cho_solve(j.scipy.linalg.cho_factor(m @ m.T), m[0]).sum(),
    "triangular": lambda j, m: j.scipy.linalg.solve_triangular(m, m.T, lower=True).sum(),
    "eigh": lambda j, m: (j.numpy.linalg.eigh(m + m.T)[1] ** 2 @ j.numpy.linalg.eigvalsh(m + m.T) ** 2).max(),
    "svd": lambda j, m: (lambda u, s, v: (u * j.numpy.sin(s)) @ v)(*j.numpy.linalg.svd(m)).sum(),
    "qr": lambda j, m: (j.numpy.linalg.qr(m)[1] ** 2 + j.numpy.linalg.qr(m)[0]).sum(),
    "pinv": lambda j, m: j.numpy.linalg.pinv(m[:, :3]).sum(),
    "exponential": lambda j, m: j.scipy.linalg.expm(m / 4).sum(),
    "nuclear": lambda j, m: j.numpy.linalg.norm(m, "nuc") + j.numpy.linalg.norm(m, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", JAX)
def test_jax(name):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    import jax.scipy.linalg

    def loss(m):
        return JAX[name](jax, m)

    found = found_of(loss, None, jax.numpy.asarray(M))
    assert found.status == "ok", found
    assert "JAX operations" in found.oracle
    wrong = found_of(loss, lambda m: jax.grad(loss)(m) * (1 + 1e-8), jax.numpy.asarray(M))
    assert wrong.status == "formula"


@pytest.mark.parametrize("condition", [1e2, 1e5, 1e8])
def test_right_gradients_at_any_condition_are_right_and_wrong_ones_are_not(condition):
    rng = np.random.default_rng(4)
    left, right = (np.linalg.qr(rng.normal(size=(4, 4)))[0] for _ in range(2))
    m = (left * np.geomspace(1, 1 / condition, 4)) @ right
    cases = {
        "solve": (lambda m: np.sum(solve(m, ONE)), lambda m: -np.outer(solve(m.T, ONE), solve(m, ONE))),
        "inv": (lambda m: np.sum(inv(m)), of_inverse_sum),
        "slogdet": (lambda m: np.linalg.slogdet(m)[1], lambda m: inv(m).T),
        "singular values": (lambda m: np.sum(np.log(np.linalg.svd(m, compute_uv=False))), lambda m: inv(m).T),
    }  # fmt: skip
    for name, (loss, gradient) in cases.items():
        assert found_of(loss, gradient, m).status == "ok", name
        factor = 1 + 1e-11 * condition
        wrong = found_of(loss, lambda m, g=gradient, f=factor: g(m) * f, m)
        assert wrong.status not in ("ok", "convention"), name


def test_a_matrix_out_of_the_domain_is_one_line():
    def with_factor(m):
        return np.sum(np.linalg.inv(m))

    with pytest.raises(Exception, match=r"[Ss]ingular") as caught:
        check(with_factor, np.ones((3, 3)), gradient=lambda m: m)
    assert "\n" not in str(caught.value)


SINGULAR = {
    "rank 1 of 2": ([[1, 2], [2, 4]], [[4, -2], [-2, 1]]),
    "rank 2 of 3": ([[0, 0, 0], [1, 2, 3], [4, 5, 7]], [[-1, 5, -3], [0, 0, 0], [0, 0, 0]]),
    "nothing of 3": (np.zeros((3, 3)), np.zeros((3, 3))),
    "rank 2 of 4": (np.arange(1, 17).reshape(4, 4), np.zeros((4, 4))),
    "rank 1 of 9": (np.ones((9, 9)), np.zeros((9, 9))),
    # A graph's Laplacian: each cofactor is the number of its spanning trees. Elimination ends at 1e-16.
    "Kirchhoff's": (
        [[2, -1, -1, 0], [-1, 3, -1, -1], [-1, -1, 3, -1], [0, -1, -1, 2]],
        np.full((4, 4), 8),
    ),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinant_of_a_singular_matrix_has_its_cofactors_for_a_slope(name):
    """Cofactors by hand, from 2 x 2 minors; the loss has a slope of its own."""
    m, cofactors = (np.asarray(x, float) for x in SINGULAR[name])

    def loss(m):
        return np.linalg.det(m) + np.sum(m * m)

    found = found_of(loss, lambda m: cofactors + 2 * m, m)
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle
    assert found_of(loss, lambda m: 1.00001 * cofactors + 2 * m + 1e-9, m).status == "formula"


@pytest.mark.parametrize("library", ["numpy", "jax", "torch"])
def test_a_matrix_singular_to_rounding_hides_no_wrong_cofactor(library):
    """Beside the exact zero: the inverse is 1e16 there, and a bound by it would allow anything."""
    module = pytest.importorskip({"numpy": "numpy", "jax": "jax.numpy", "torch": "torch"}[library])
    m, cofactors = (np.asarray(x, float) for x in SINGULAR["Kirchhoff's"])
    array = module.tensor if library == "torch" else module.asarray
    right = cofactors + np.arange(16).reshape(4, 4)

    def loss(m):
        return module.linalg.det(m) + (m * array(np.arange(16.0).reshape(4, 4))).sum()

    if library != "numpy":
        assert found_of(loss, None, array(m)).status == "ok"
    for scale in (1, 1 + 1e-6):
        wrong = right.copy()
        wrong[0, 1] *= scale
        found = found_of(loss, lambda m, w=wrong: array(w), array(m))
        assert found.status == ("ok" if scale == 1 else "formula")


def test_torch_has_no_derivative_of_the_determinant_of_a_singular_matrix():
    torch = pytest.importorskip("torch")
    m = torch.tensor(SINGULAR["rank 2 of 3"][0], dtype=torch.float32)
    found = found_of(lambda m: torch.linalg.det(m) + m.sum(), None, m)
    assert found.status == "formula"
    assert "no derivative of linalg.det at a singular matrix" in str(found.diagnosis)
    assert found_of(lambda m: torch.linalg.det(m + torch.eye(3)), None, m).status == "ok"


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_the_determinant_of_a_complex_matrix_is_judged_by_differences_without_a_warning(library):
    module = pytest.importorskip({"jax": "jax.numpy", "torch": "torch"}[library])
    m, imaginary = np.random.default_rng(2).normal(size=(2, 4, 4))
    array = module.tensor if library == "torch" else module.asarray
    for name, value in (("det", lambda x: abs(x) ** 2), ("slogdet", lambda x: x[1])):
        function = getattr(module.linalg, name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = found_of(
                lambda p, f=function, v=value: v(f(p + 1j * array(imaginary))), None, array(m)
            )
        assert found.status == "ok"
