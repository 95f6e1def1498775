"""Losses that are the result of a solver: implicit derivatives agree to its tolerance."""

import warnings

import numpy as np
import pytest
import torch

from gradparity import GradientError, check

POINT = np.array([0.3, -1.0, 2.0])


def fixed_point(a, tol):
    """z = ½ tanh z + a, from z = a, in NumPy's way."""
    z = a.copy()
    for _ in range(500):
        new = 0.5 * np.tanh(z) + a
        done = np.max(np.abs(new - z)) < tol
        z = new
        if done:
            break
    return z


def implicit(z):
    """d/da of the sum of z²: dz/da = 1 / (1 - ½ (1 - tanh² z))."""
    return 2 * z / (1 - 0.5 * (1 - np.tanh(z) ** 2))


def newton(a, tol):
    """The cube root of each entry by Newton's method, until all steps are short."""
    z = np.sign(a) * (1 + a * a)
    step, rounds = z, 0
    while np.linalg.norm(step) > tol and rounds < 60:  # float32 never comes as near
        step, rounds = (z**3 - a) / (3 * z**2), rounds + 1
        z = z - step
    return z


def each_by_itself(a, tol):
    """The square roots of |a|, one loop after the other, on scalars."""
    total = 0.0
    for x in a:
        z, rounds = 2.0 + 0.0 * x, 0
        while rounds < 60 and abs(z * z - abs(x)) > tol:
            z, rounds = 0.5 * (z + abs(x) / z), rounds + 1
        total = total + z
    return total


SOLVED = {
    "fixed point": (
        lambda tol: lambda a: np.sum(fixed_point(a, tol) ** 2),
        lambda tol: lambda a: implicit(fixed_point(a, tol)),
    ),
    "Newton": (
        lambda tol: lambda a: np.sum(newton(a, tol)),
        lambda tol: lambda a: 1 / (3 * newton(a, tol) ** 2),
    ),
    "scalars": (
        lambda tol: lambda a: each_by_itself(a, tol),
        lambda tol: lambda a: np.sign(a) / (2 * np.sqrt(np.abs(a))),
    ),
}


def status(loss, gradient, point=POINT, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return check(loss, point, gradient=gradient, seconds=0, **options)
        except GradientError as error:
            return error.finding


@pytest.mark.parametrize("name", SOLVED)
@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-8])
def test_an_implicit_gradient_agrees_to_the_tolerance(name, tol):
    loss, gradient = (make(tol) for make in SOLVED[name])
    found = status(loss, gradient)
    # Newton's steps may have converged to rounding before they are seen to be short.
    assert found.status == "inaccurate" or (name != "fixed point" and found.right)
    assert found.error("float64") < 3e3 * tol
    if found.status == "inaccurate":
        assert "a loop of the loss ends when a number is small enough" in found.coarse


@pytest.mark.parametrize("name", SOLVED)
@pytest.mark.parametrize("wrong", [0.99, 1.001, 1 + 1e-5, -1, 2])
def test_a_wrong_gradient_of_a_solver_stays_wrong(name, wrong):
    loss, gradient = (make(1e-8) for make in SOLVED[name])
    assert status(loss, lambda a: wrong * gradient(a)).status == "formula"


def test_the_equation_forgotten_is_wrong():
    loss, _ = (make(1e-6) for make in SOLVED["fixed point"])
    assert status(loss, lambda a: 2 * fixed_point(a, 1e-6)).status == "formula"


def test_the_loops_own_derivative_is_right():
    """The chain rule through all rounds, by hand."""

    def unrolled(a):
        z, d = a.copy(), np.ones_like(a)
        for _ in range(500):
            new, d = 0.5 * np.tanh(z) + a, 0.5 * (1 - np.tanh(z) ** 2) * d + 1
            done = np.max(np.abs(new - z)) < 1e-6
            z = new
            if done:
                break
        return 2 * z * d

    assert status(SOLVED["fixed point"][0](1e-6), unrolled).status == "ok"


def branches(a):
    """A branch in each round, no end of a loop; a count; a jump."""
    total = 0.0
    for x in a:
        total = total + (x**2 if x > 0 else 3 * x)
    return total


def counted(a):
    """A loop that ends by its number of rounds: unfinished, and meant to be."""
    z = a.copy()
    for _ in range(6):
        z = 0.5 * np.tanh(z) + a
    return np.sum(z**2)


@pytest.mark.parametrize("wrong", [1 + 1e-7, 1 + 1e-11])
def test_where_no_solver_is_nothing_is_explained(wrong):
    def by_hand(a):
        return wrong * np.where(a > 0, 2 * a, 3.0)

    assert status(branches, by_hand).status == "formula"
    assert status(counted, lambda a: implicit(fixed_point(a, 1e-12))).status == "formula"


class Root(torch.autograd.Function):
    """The fixed point in torch, differentiated by its equation."""

    @staticmethod
    def forward(ctx, a, number):
        z = a.clone()
        while True:
            new = 0.5 * torch.tanh(z) + a
            far = (new - z).abs().max()
            z = new
            if (far.item() if number else far) < 1e-6:
                break
        ctx.save_for_backward(z)
        return z

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return g / (1 - 0.5 * (1 - torch.tanh(z) ** 2)), None


class Forgotten(Root):
    """The same with an error of 1 + 1e-4 in the equation's slope."""

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return g / (1 - 0.5001 * (1 - torch.tanh(z) ** 2)), None


@pytest.mark.parametrize("number", [False, True])
def test_torch_solvers(number):
    point = torch.tensor(POINT)
    found = status(lambda p: (Root.apply(p, number) ** 2).sum(), None, point)
    assert found.status == "inaccurate"
    assert found.error("float64") < 1e-5
    wrong = status(lambda p: (Forgotten.apply(p, number) ** 2).sum(), None, point)
    assert wrong.status == "formula"


def test_strict_fails_and_accuracy_passes():
    loss, gradient = (make(1e-6) for make in SOLVED["fixed point"])
    with pytest.raises(GradientError):
        check(loss, POINT, gradient=gradient, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(loss, POINT, gradient=gradient, accuracy=1e-4).status == "inaccurate"
