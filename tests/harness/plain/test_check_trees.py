"""Parameters as trees: their paths, and gradients of the same form in any library."""

from typing import NamedTuple

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.harness.plain.trees import leaves_of, rebuilt
from gradparity.problems import InputError


class Layer(NamedTuple):
    w: object
    b: object


TREES = {
    "bare": (np.ones(2), ["params"]),
    "dict": ({"w": 1.0, "b": 2.0}, ["w", "b"]),
    "list": ([1.0, 2.0], ["params[0]", "params[1]"]),
    "nested": ({"layers": [{"w": 1.0}, {"w": 2.0}], "scale": 3.0}, ["layers[0].w", "layers[1].w", "scale"]),
    "named tuple": (Layer(1.0, (2.0, 3.0)), ["params[0]", "params[1][0]", "params[1][1]"]),
    "numbered keys": ({0: 1.0, 1: 2.0}, ["0", "1"]),
    "dotted keys": ({"0.weight": 1.0, "0.bias": 2.0}, ["0.weight", "0.bias"]),
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
def test_leaves_have_paths_and_come_back(name):
    tree, paths = TREES[name]
    leaves = leaves_of(tree)
    assert list(leaves) == paths
    again = rebuilt(tree, leaves)
    assert type(again) is type(tree)
    assert leaves_of(again) == leaves or name == "bare"


def loss(p):
    return np.sum(p["layers"][0]["w"] ** 2) + p["layers"][1]["w"] * p["scale"]


POINT = {"layers": [{"w": np.array([1.5, -2.0])}, {"w": 0.3}], "scale": np.float64(2.0)}


def slopes(p):
    return {
        "layers": [{"w": 2 * p["layers"][0]["w"]}, {"w": p["scale"]}],
        "scale": p["layers"][1]["w"],
    }


def test_a_nested_gradient_with_scalars():
    assert check(loss, POINT, gradient=slopes).status == "ok"

    def wrong(p):
        found = slopes(p)
        found["layers"][0]["w"] = -found["layers"][0]["w"]
        return found

    with pytest.raises(
        GradientError, match=r"gradient is wrong at layers\[0\].w\[1\]: 4, should be -4 "
    ):
        check(loss, POINT, gradient=wrong)


def test_a_pair_of_parameters_is_not_taken_for_value_and_gradient():
    def product(p):
        return p[0] * p[1]

    for point in ((2.0, 3.0), [2.0, 3.0]):
        assert check(product, point, gradient=lambda p: (p[1], p[0])).status == "ok"
        assert check(product, point, gradient=lambda p: (p[0] * p[1], (p[1], p[0]))).status == "ok"
        with pytest.raises(GradientError, match="value is wrong"):
            check(product, point, gradient=lambda p: (7.0, (p[1], p[0])))


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_a_gradient_from_another_library(library):
    module = pytest.importorskip({"jax": "jax.numpy", "torch": "torch"}[library])

    def gradient(a):
        if library == "torch":
            x = module.tensor(a, requires_grad=True)
            (x**3).sum().backward()
            return x.grad
        with pytest.importorskip("jax").enable_x64(True):
            return 3 * module.asarray(a) ** 2

    assert check(lambda a: np.sum(a**3), np.array([1.0, 2.5]), gradient=gradient).status == "ok"


LAYOUTS = {
    "not contiguous": np.arange(12.0).reshape(3, 4)[:, ::2],
    "Fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "without axes": np.array(1.5),
    "float32": np.arange(3, dtype=np.float32),
    "transposed": np.arange(6.0).reshape(2, 3).T,
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_any_layout_and_read_only(name):
    point = LAYOUTS[name].view()
    point.flags.writeable = False
    before = point.copy()
    assert check(lambda a: np.sum(np.sin(a)), point, gradient=np.cos).status == "ok"
    assert np.array_equal(point, before)


MALFORMED = {
    "nothing": ({}, "there are no parameters"),
    "nothing inside": ({"layers": []}, "there are no parameters"),
    "two of one path": ({"a": {"b": 1.0}, "a.b": 2.0}, "two parameters have the path a.b"),
    "integer": ({"w": np.arange(3)}, "parameter w is int64"),
    "Python integer": ({"w": 3}, "parameter w is of type int; write a float"),
    "bool": ([True], r"parameter params\[0\] is of type bool"),
    "float16": ({"w": np.ones(2, np.float16)}, "parameter w is float16"),
    "object": ({"w": np.array([None])}, "parameter w is object"),
    "text": ({"w": "three"}, "parameter w is of type str"),
    "None": ({"w": None}, "parameter w is of type NoneType"),
    "empty": ({"w": np.ones((0, 3))}, r"parameter w is empty, of shape \(0, 3\)"),
    "NaN": ({"w": np.array([1.0, np.nan])}, "parameter w has NaN or infinity"),
    "beyond float32": (
        {"w": np.array([1e300])},
        "parameter w has NaN or infinity in it, in float32",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_tree_is_named(name):
    point, line = MALFORMED[name]
    with pytest.raises(InputError, match=line):
        check(lambda p: 1.0, point, gradient=lambda p: p)


def test_library_is_named_or_known():
    with pytest.raises(InputError, match="unknown library 'jacks'; did you mean 'jax'"):
        check(lambda p: 1.0, 1.0, gradient=lambda p: p, library="jacks")
