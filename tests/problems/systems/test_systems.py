"""The losses of well-known systems: closed forms, critical points, invariants."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from gradparity.problems.systems.folding import torsions
from tests.problems.certificates import assert_least, by_hand, drawn


@pytest.mark.parametrize("name", ["diffusion", "multitask"])
def test_the_minimum_is_known(name):
    assert_least(name, drawn(name))


def test_the_best_denoiser_of_many_cases_is_the_one_of_gaussian_data():
    """ε* = √(1-ᾱ) x/(ᾱs²+1-ᾱ); it leaves ᾱs²/(ᾱs²+1-ᾱ) of each number's variance."""
    minimum = PROBLEMS["diffusion"].minimum(drawn("diffusion", cases=200_000, d=2, kept=0.3).data)
    total = 0.3 * 4.0 + 0.7
    np.testing.assert_allclose(minimum.params["w"], 0.7**0.5 / total * np.eye(2), atol=0.01)
    assert minimum.value == pytest.approx(0.5 * 2 * 0.3 * 4.0 / total, rel=0.01)


def test_at_fixed_losses_the_best_weight_is_their_logarithm():
    instance = drawn("multitask")
    r = instance.data["x"] @ instance.params["w"] - instance.data["y"]
    each = np.mean(r * r, axis=0)
    value, gradient = by_hand("multitask", instance, s=np.log(each))
    assert value == pytest.approx(0.5 * np.sum(1 + np.log(each)), rel=1e-14)
    assert np.abs(gradient["s"]).max() < 1e-15


def test_ranking_by_nothing_is_a_coin():
    instance = drawn("ranking")
    zeros = np.zeros_like(instance.params["u"])
    value, gradient = by_hand("ranking", instance, u=zeros)
    assert value == pytest.approx(math.log(2), rel=1e-15)
    assert not gradient["v"].any()
    assert gradient["u"].any()


def test_what_nobody_ranks_has_no_slope():
    instance = drawn("ranking", users=50, items=60, d=2, triples=5)
    _, gradient = by_hand("ranking", instance)
    seen = np.union1d(instance.data["taken"], instance.data["left"])
    assert not np.delete(gradient["v"], seen, axis=0).any()
    assert np.abs(gradient["v"].sum(axis=0)).max() < 1e-15


def test_forces_on_a_chain_and_their_moments_add_up_to_nothing():
    instance = drawn("folding", points=12)
    _, gradient = by_hand("folding", instance)
    force, x = gradient["x"], instance.params["x"]
    assert np.abs(force.sum(axis=0)).max() < 1e-14
    assert np.abs(np.cross(x, force).sum(axis=0)).max() < 1e-13
    assert np.abs(force).max() > 1e-3


def test_the_true_chain_costs_nothing_wherever_it_lies_and_its_mirror_image_does():
    rng = np.random.default_rng(31337)
    instance = PROBLEMS["folding"].draw(rng, points=8)
    again = np.random.default_rng(31337)
    steps = again.normal(size=(8, 3))
    truth = np.cumsum(steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0)
    moved = Rotation.from_rotvec([0.3, 1.0, -2.0]).apply(truth) + np.array([1.0, 2.0, 3.0])
    value, gradient = by_hand("folding", instance, x=moved)
    assert value < 1e-28
    assert np.abs(gradient["x"]).max() < 1e-13
    assert by_hand("folding", instance, x=-moved)[0] > 0.1


@pytest.mark.parametrize("angle", [0.3, 2.0, -1.2, math.pi / 2])
def test_a_torsion_is_the_angle_it_was_built_with(angle):
    x = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 1], [math.cos(angle), math.sin(angle), 1]])
    np.testing.assert_allclose(
        torsions(NUMPY, x)[0], [math.cos(angle), math.sin(angle)], atol=1e-15
    )


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("diffusion", {"cases": 5, "d": 2, "kept": 1.0}, "kept is 1.0; a share of the signal"),
        (
            "multitask",
            {"cases": 3, "features": 3, "tasks": 1},
            "cases is 3; it should be at least 4",
        ),
        ("ranking", {"users": 1, "items": 1, "d": 1, "triples": 1}, "items is 1"),
        ("folding", {"points": 3}, "points is 3; it should be at least 4"),
    ],
)
def test_a_size_that_makes_no_sense_is_refused(name, size, message):
    with pytest.raises(InputError, match=message):
        drawn(name, **size)
