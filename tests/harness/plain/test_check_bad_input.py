"""What says nothing about a gradient's mathematics is an `InputError` of one line."""

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.problems import InputError

POINT = {"w": np.array([1.0, 2.0, -3.0]), "b": np.array(0.5)}


def loss(p):
    return np.sum(p["w"] ** 2) * p["b"]


def gradient(p):
    return {"w": 2 * p["w"] * p["b"], "b": np.sum(p["w"] ** 2)}


def random_loss(p, rng=np.random.default_rng(0)):  # noqa: B008
    return loss(p) + 1e-3 * rng.random()


def random_gradient(p, rng=np.random.default_rng(0)):  # noqa: B008
    return gradient(p) | {"b": np.sum(p["w"] ** 2) * (1 + 1e-3 * rng.random())}


def changing_loss(p):
    p["w"] *= 1.5
    return loss(p)


def changing_gradient(p):
    found = gradient(p)
    p["w"][2] = 7
    return found


def a_generator(p):
    yield gradient(p)


def raising(p):
    raise ValueError("no such layer")


CASES = {
    "no gradient": (loss, None, "a NumPy loss has no gradient of its own; pass gradient="),
    "log of a negative": (lambda p: np.sum(np.log(p["w"])), gradient, r"the loss is nan at this point: np.log made nan of -3 at \[2\]"),
    "root of a negative": (lambda p: np.sqrt(p["w"])[2], gradient, "np.sqrt made nan of -3"),
    "division by zero": (lambda p: np.sum(1 / (p["w"] - 1)), gradient, "np.divide made inf of 0"),
    "overflow": (lambda p: np.exp(p["b"] * 2000), gradient, "np.exp made inf of 1000"),
    "NaN without translation": (lambda p: np.sum(np.log(np.apply_along_axis(lambda w: w, 0, p["w"]))), gradient, "the loss is nan at this point; move"),
    "a vector": (lambda p: p["w"] ** 2, gradient, r"the loss has shape \(3,\), should be a scalar; sum or average it"),
    "one in a list": (lambda p: [loss(p)], gradient, "the loss is a list, should be a scalar"),
    "complex loss": (lambda p: loss(p) * 1j, gradient, "the loss is complex128, should be a real number"),
    "None": (lambda p: None, gradient, "the loss is None; does the function return it"),
    "generator loss": (a_generator, gradient, "the loss is a generator"),
    "random loss": (random_loss, gradient, r"the loss is not deterministic: two calls gave 7.00\d+ and 7.00\d+, a relative difference of \d?e?-?"),
    "raising loss": (raising, gradient, "the loss raises, in float64, ValueError: no such layer"),
    "changing loss": (changing_loss, gradient, r"the loss changes its argument w: w\[2\] was -3, is -4.5; work on a copy"),
    "random gradient": (loss, random_gradient, r"the gradient is not deterministic: two calls gave 14.0\d+ and 14.0\d+ for b, a relative difference of \de-04"),
    "raising gradient": (loss, raising, "the gradient raises, in float64, ValueError"),
    "changing gradient": (loss, changing_gradient, r"the gradient changes its argument w: w\[2\] was -3, is 7"),
    "generator gradient": (loss, a_generator, "the gradient is a generator"),
    "generator leaf": (loss, lambda p: {"w": (x for x in p["w"]), "b": 1.0}, "the gradient of w is a generator"),
    "missing": (loss, lambda p: {"w": p["w"]}, "the gradient lacks b; return a tree"),
    "surplus": (loss, lambda p: gradient(p) | {"c": 1.0}, "the gradient has c, which is no parameter"),
    "another form": (loss, lambda p: [p["w"], p["b"]], r"lacks w, b and has params\[0\], params\[1\]"),
    "wrong shape": (loss, lambda p: {"w": np.ones((3, 1)), "b": 1.0}, r"the gradient of w has shape \(3, 1\), should be \(3,\)"),
    "integers": (loss, lambda p: {"w": np.arange(3), "b": 1.0}, "the gradient of w is int64, should be float64"),
    "objects": (loss, lambda p: {"w": np.array([1, 2, None]), "b": 1.0}, "the gradient of w is object"),
    "complex": (loss, lambda p: {"w": p["w"] * 1j, "b": 1.0}, "the gradient of w is complex128"),
    "float16": (loss, lambda p: {"w": p["w"].astype(np.float16), "b": 1.0}, "the gradient of w is float16"),
    "None in it": (loss, lambda p: {"w": p["w"], "b": None}, "the gradient of b is a NoneType"),
    "None for it": (loss, lambda p: None, "the gradient lacks w, b"),
    "complex value": (loss, lambda p: (1j, gradient(p)), "the gradient's value is a complex"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_line_that_names_it(name):
    function, by_hand, line = CASES[name]
    with pytest.raises(InputError, match=line) as caught:
        check(function, POINT, gradient=by_hand)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, GradientError)


def test_a_gradient_that_reuses_its_buffer_is_fine():
    buffer = np.empty(3)

    def by_hand(p):
        np.multiply(p["w"], 2 * p["b"], out=buffer)
        return {"w": buffer, "b": np.sum(p["w"] ** 2)}

    assert check(loss, POINT, gradient=by_hand).dtypes == ("float64",)


def test_a_gradient_that_runs_in_float64_alone_is_judged_there():
    def by_hand(p):
        if p["w"].dtype != np.float64:
            raise TypeError("float64 only")
        return gradient(p)

    assert check(loss, POINT, gradient=by_hand).dtypes == ("float64",)
    assert check(loss, POINT, gradient=gradient).dtypes == ("float64", "float32")


def test_nan_in_a_gradient_is_wrong_and_no_bad_input():
    with pytest.raises(GradientError, match=r"(?s)gradient is wrong at w\[1\]: nan.*nonfinite"):
        check(loss, POINT, gradient=lambda p: gradient(p) | {"w": np.array([1.0, np.nan, -3.0])})


def test_a_loss_that_reads_no_parameter_is_no_right_gradient():
    outside = np.ones(3)

    def of_outside(p):
        return np.sum(outside**2)

    with pytest.raises(InputError, match="the loss reads no parameter: it is 3 wherever they are"):
        check(of_outside, outside, gradient=lambda p: 0 * p)
    with pytest.raises(GradientError, match="2, should be 0"):
        check(of_outside, outside, gradient=lambda p: 2 * outside)
    # The share of positive numbers reads them: its slope is 0 all the same.
    assert check(lambda p: np.mean(p > 0), outside, gradient=lambda p: 0 * p).right


def test_the_mask_of_a_masked_array_is_not_dropped():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(InputError, match="params is a masked array, whose mask would be lost"):
        check(lambda p: (p**2).sum(), masked, gradient=lambda p: 2 * p)


def test_what_cannot_be_judged_is_said():
    def rough(p):  # a staircase; float() keeps it from being translated
        return np.float64(np.round(float(np.sum(p["w"]) + p["b"]) * 1e4) / 1e4)

    with pytest.raises(InputError, match="cannot be judged"):
        check(rough, POINT, gradient=lambda p: {"w": np.ones(3), "b": 1.0})
