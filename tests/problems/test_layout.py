"""Arrays by name as one vector, and back."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from gradparity.problems.layout import Layout

ARRAYS = {"w": np.arange(6.0).reshape(2, 3), "b": np.asarray(7.0), "none": np.zeros((0, 2)), "v": np.arange(8.0, 10.0)}  # fmt: skip


def test_layout_keeps_order_and_shapes():
    layout = Layout.of(ARRAYS)
    theta = layout.flatten(ARRAYS)
    assert theta.tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    assert (layout.size, layout.names) == (9, ("w", "b", "none", "v"))
    views = layout.views(theta)
    for name, array in ARRAYS.items():
        assert views[name].shape == array.shape
        assert np.array_equal(views[name], array)
        assert np.shares_memory(views[name], theta) or not array.size
    views["b"][...] = -1.0
    theta[0] = 5.0
    assert theta[6] == -1.0
    assert views["w"][0, 0] == 5.0
    assert ARRAYS["b"] == 7.0


def test_layout_flattens_by_name_into_a_vector_of_its_own():
    layout = Layout.of(ARRAYS)
    backwards = dict(reversed(ARRAYS.items())) | {"more": np.zeros(3)}
    out = layout.flatten(backwards, np.float32)
    assert out.tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    assert out.dtype == np.float32
    narrow = {name: x.astype(np.float32) for name, x in ARRAYS.items()}
    assert layout.flatten(narrow).dtype == np.float32
    assert layout.flatten(ARRAYS | {"b": 7}).dtype == np.float64


def test_layout_keeps_every_digit_of_any_dtype():
    small = np.longdouble(1) + np.finfo(np.longdouble).eps
    layout = Layout.of({"a": 1.0, "b": [1.0, 2.0]})
    vector = layout.flatten({"a": small, "b": np.array([small, 0])})
    assert vector[0] == vector[1] == small
    third = Fraction(1, 3)
    exact = layout.flatten({"a": third, "b": np.array([third, 2 * third], object)})
    assert sum(exact) == Fraction(4, 3)
    assert layout.views(exact)["b"][1] == Fraction(2, 3)


@given(st.lists(array_shapes(min_dims=0, min_side=0, max_side=3), max_size=4), array_shapes())
def test_views_of_flattened_arrays_are_the_arrays_whatever_axes_lie_in_front(shapes, front):
    rng = np.random.default_rng(0)
    arrays = {f"p{i}": rng.normal(size=(*front, *shape)) for i, shape in enumerate(shapes)}
    layout = Layout.of({f"p{i}": np.empty(shape) for i, shape in enumerate(shapes)})
    vector = layout.flatten(arrays)
    assert vector.shape == ((*front, layout.size) if arrays else (0,))
    found = layout.views(vector)
    assert list(found) == list(arrays)
    assert all(np.array_equal(found[name], x) for name, x in arrays.items())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"w": np.zeros((3, 2))}, r"w has shape \(3, 2\); its place is for \(2, 3\)"),
        ({"v": np.zeros((4, 2))}, r"v has shape \(4, 2\); its place is for \(2,\)"),
        ({"v": 1.0}, r"v has shape \(\); its place is for \(2,\)"),
    ],
)
def test_layout_refuses_another_shape(wrong, message):
    with pytest.raises(ValueError, match=message):
        Layout.of(ARRAYS).flatten(ARRAYS | wrong)
