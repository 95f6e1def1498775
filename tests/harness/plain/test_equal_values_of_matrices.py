"""Matrices whose eigenvalues or singular values coincide or vanish: every lawful slope passes."""

import numpy as np
import pytest
import torch

import gradparity as gp

EYE, ONE = np.eye(3), np.diag([1.0, 0.0, 0.0])
TWICE = np.diag([2.0, 2.0, 1.0])

LOSSES = {
    "largest eigenvalue, equal": (lambda a: torch.linalg.eigvalsh(a)[-1], EYE),
    "cubes of eigenvalues, two equal": (lambda a: (torch.linalg.eigvalsh(a) ** 3).sum(), TWICE),
    "largest singular value, equal": (lambda a: torch.linalg.svdvals(a)[0], EYE),
    "nuclear norm of rank 1": (lambda a: torch.linalg.matrix_norm(a, "nuc"), ONE),
    "nuclear norm of full rank": (lambda a: torch.linalg.matrix_norm(a, "nuc"), TWICE),
    "spectral norm": (lambda a: torch.linalg.matrix_norm(a, 2), TWICE),
    "squares of singular values": (lambda a: torch.linalg.svdvals(a).square().sum(), ONE),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LOSSES)
def test_torchs_own_slope_is_not_accused(name):
    loss, point = LOSSES[name]
    assert gp.check(loss, torch.tensor(point)).right


@pytest.mark.parametrize("name", ["nuclear norm of full rank", "squares of singular values"])
def test_a_wrong_one_is(name):
    loss, point = LOSSES[name]
    wrong = {"nuclear norm of full rank": 1.01 * EYE, "squares of singular values": ONE}[name]
    with pytest.raises(gp.GradientError):
        gp.check(loss, torch.tensor(point), gradient=lambda a: torch.tensor(wrong, dtype=a.dtype))


def test_apart_they_are_judged_by_the_tape():
    found = gp.check(LOSSES["spectral norm"][0], torch.tensor(np.diag([3.0, 2.0, 1.0])))
    assert found.oracle.startswith("the tape")
    found = gp.check(
        lambda a: np.linalg.eigvalsh(a + a.T)[-1],
        TWICE,
        gradient=lambda a: 2 * np.outer(EYE[0], EYE[0]),
    )
    assert found.oracle.startswith("differences")
