"""Losses that float32 cannot follow are judged in float64 alone, and it is said why."""

import sys
import time

import numpy as np
import pytest

from gradparity import check
from gradparity.harness.plain import float32_answer
from gradparity.harness.plain.patience import NotEnded, at_most

W = np.array([0.3, 0.7, 1.9])
HALF = np.float64(0.5)
X = np.array([[1.0, 0.1, 0.2], [0.3, 2.0, 0.7]])


class Model:
    """Holds a NumPy number."""

    def __init__(self):
        self.rate = np.float64(3.0)


MODEL = Model()
DATA = {"x": X}


def closed_over():
    scale = np.float64(0.25)
    return lambda w: np.sum(w**2) * scale, lambda w: w / 2


WIDE = {
    "a number": (lambda w: HALF * np.sum(w**2), lambda w: w, "the NumPy number HALF"),
    "an array": (lambda w: np.sum((X @ w) ** 2), lambda w: 2 * X.T @ (X @ w), "the float64 array X"),
    "in a dict": (lambda w: np.sum(DATA["x"] @ w), lambda w: X.sum(0), "the float64 array X"),
    "of an object": (lambda w: MODEL.rate * w.sum(), lambda w: 3 + 0 * w, "the NumPy number MODEL.rate"),
    "of a closure": (*closed_over(), "the NumPy number scale"),
    "in the gradient": (lambda w: np.sum(w**2) / 2, lambda w: w * HALF * 2, "the NumPy number HALF"),
    "of integers": (lambda w: np.sum(w * np.arange(3)), lambda w: np.arange(3.0), "the int64 array of shape (3,)"),
    "without a name": (lambda w: np.sum(w) * np.sqrt(2.0), lambda w: 0 * w + np.sqrt(2.0), "np.float64(1.4142135623730951)"),
    "by astype": (lambda w: np.sum(w.astype(float)), np.ones_like, "`.astype`"),
}  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_what_makes_it_float64_is_named(name):
    loss, gradient, told = WIDE[name]
    found = check(loss, W, gradient=gradient)
    assert found.status == "ok"
    where = gradient if name == "in the gradient" else loss
    assert (
        f"{told} makes it so in line {where.__code__.co_firstlineno} of {__name__.split('.')[-1]}.py"
        in found.alone
    )


def test_where_it_is_not_seen_nothing_is_named():
    found = check(lambda w: float(np.sum(w)), W, gradient=np.ones_like)
    assert found.alone == "it computes in float64 whatever it is given"


def test_torch_names_the_call():
    torch = pytest.importorskip("torch")
    found = check(lambda w: (w.double() ** 2).sum(), torch.tensor(W))
    assert "`.double` makes it so in line" in found.alone
    wide = torch.arange(3.0, dtype=torch.float64)
    assert check(lambda w: (w * wide).sum(), torch.tensor(W)).alone == ""


def root(w):
    """√(2w) by Newton's method, until it is good to 1e-12: float32 never is."""
    z = 1.0 * w
    while abs(z * z - 2 * w).max() > 1e-12:
        z = 0.5 * (z + 2 * w / z)
    return z.sum()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_loop_that_float32_never_ends_is_given_up(library, monkeypatch):
    monkeypatch.setattr(float32_answer, "_PATIENCE", 0.3)
    monkeypatch.setattr(float32_answer, "_SLOWER", 1.0)
    point = W if library == "numpy" else pytest.importorskip("torch").tensor(W)
    found = check(root, point, gradient=lambda w: 1 / (2 * w) ** 0.5)
    assert found.status == "ok"
    assert found.alone.startswith("it does not end in float32 (given up after ")
    wrong = {"gradient": lambda w: 1.0001 / (2 * w) ** 0.5, "strict": True}
    with pytest.raises(AssertionError):
        check(root, point, **wrong)


def test_what_catches_everything_is_ended_too():
    def stubborn():
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue
            except BaseException as error:
                tried.append(error)
                if len(tried) == 2:
                    raise

    tried = []
    with pytest.raises(NotEnded), at_most(0.05):
        stubborn()


def test_what_deletes_objects_is_ended_too(monkeypatch):
    """Python ignores what is raised in __del__, and tells of it: not of ours."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    until = time.perf_counter() + 0.2

    class Slow:
        def __del__(self):
            while time.perf_counter() < until:
                pass

    def endless():
        while True:
            Slow()

    with pytest.raises(NotEnded), at_most(0.05):
        endless()
    assert told == []
    assert sys.unraisablehook == told.append


def test_what_ends_in_time_is_left_alone():
    for _ in range(200):
        with at_most(30.0):
            found = sum(range(100))
    assert found == 4950
