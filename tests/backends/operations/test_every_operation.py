"""Every operation on every backend: value, dtype and shape; gradient, jvp and hvp.

An operation is tried by its case in `cases/`, in float32 and float64, on operands that Hypothesis
draws from its domain. The numbers that all are held against are of dual numbers in longdouble, and
those are held against differences of the loss in longdouble. What the standard has is called on
array-api-strict as well, so that names and arguments are the standard's.
"""

import itertools

import array_api_strict
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from gradparity.backends import hips_namespace
from gradparity.backends.backend import Setting, Unsupported
from gradparity.backends.catalogue import load
from gradparity.problems import OPERATIONS, Instance, Problem
from gradparity.problems.namespace import NUMPY
from tests.backends.operations.cases.catalogue import CASES

EAGER = ("tape", "tape-eager", "torch", "autograd")
IN_DTYPE = (*EAGER, "jax", "torch-func")
WITHOUT = {"autograd": hips_namespace.library()[1].without}
OPERATORS = ("gradient", "jvp", "hvp")
QUICK = settings(deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)
SHAPED = pytest.mark.parametrize("name", CASES)


def test_every_operation_has_a_case():
    assert [name for name in OPERATIONS if name not in CASES] == []


class Tried:
    """A case at a point: what it gave, and its loss, the sum of weights times the result."""

    def __init__(self, name, shapes, seed):
        self.case, self.seen = CASES[name], []
        params = self.case.operands(shapes, seed)
        rng = np.random.default_rng(seed + 1)
        direction = {n: np.asarray(rng.normal(size=x.shape), np.float32) for n, x in params.items()}
        self.instance = Instance(params, {}, direction)
        result = self.call(NUMPY, params)
        self.weights = np.asarray(rng.uniform(0.5, 1.5, result.shape), np.float32)
        data = {"w": self.weights.astype(np.float64)}
        self.instance = Instance(params, data, {n: v.astype(float) for n, v in direction.items()})
        self.problem = Problem(name, self.loss, lambda rng: self.instance, {"tiny": {}}, "a case")

    def call(self, xp, params):
        return self.case.call(xp, *(params[f"x{i}"] for i in range(len(params))))

    def loss(self, xp, params, data):
        result = self.call(xp, params)
        self.seen.append((tuple(result.shape), str(result.dtype).removeprefix("torch.")))
        if not self.case.smooth:
            result = xp.where(result, 1.0, 0.0) if "bool" in str(result.dtype) else result
        return xp.sum(result * data["w"]) + 0.0 * xp.sum(params["x0"])

    def size(self, expected):
        """Of the largest terms of value and slope: what a number may be the difference of."""
        gradient, direction = expected["gradient"], self.instance.direction
        terms = np.abs(self.call(NUMPY, self.instance.params) * self.weights)
        slopes = [np.max(np.abs(gradient[n] * v), initial=0) for n, v in direction.items()]
        return max(np.max(terms, initial=0), *slopes)

    def answer(self, backend, operator, dtype):
        prepared = load(backend).prepare(self.problem, operator, self.instance, Setting(dtype))
        self.seen.clear()
        found = prepared.decode(prepared.run(prepared.encode(self.instance)))
        return {**found.derivative, **({} if found.value is None else {"value": found.value})}


def shapes_of(case, draw):
    if case.shapes is not None:
        return case.shapes
    if len(case.domains) == 1:
        return (draw(st.sampled_from([(), (3,), (2, 2)])),)
    broadcast = mutually_broadcastable_shapes(
        num_shapes=len(case.domains), max_dims=2, max_side=2, min_side=1
    )
    return draw(broadcast).input_shapes


def assert_close(found, expected, eps, size, what):
    """Within rounding of the numbers, and of the terms that cancel in them, of that size."""
    for name, wanted in expected.items():
        bound = 64 * eps * (np.abs(wanted) + size)
        error = np.abs(np.asarray(found[name], np.longdouble) - wanted)
        assert np.all(error <= bound), f"{what}, {name}: {found[name]}, not {wanted}"


def held(name, shapes, seed, backends, dtypes=("float32", "float64"), operators=OPERATORS):
    """The answers of backends against those of dual numbers."""
    case = CASES[name]
    tried = Tried(name, shapes, seed)
    off, loose = case.off or {}, case.loose or {}
    operators = [o for o in operators if case.smooth or o == "gradient"]
    asked = {"gradient", *operators}
    expected = {operator: tried.answer("dual", operator, "float64") for operator in asked}
    for backend, dtype, operator in itertools.product(backends, dtypes, operators):
        if backend in off or name.partition(" ")[0] in WITHOUT.get(backend, {}):
            continue
        try:
            found = tried.answer(backend, operator, dtype)
        except Unsupported:
            assert backend == "complex-step"
            continue
        if backend in IN_DTYPE and tried.seen:
            shape, kind = tried.seen[-1]
            assert shape == tried.weights.shape, backend
            assert kind in (dtype, "bool", "int64"), f"{backend} answers in {kind}"
        eps = np.finfo(dtype).eps * loose.get(backend, 1.0)
        what = f"{operator} of {backend} in {dtype}"
        assert_close(found, expected[operator], eps, tried.size(expected), what)


@SHAPED
@settings(QUICK, max_examples=2)
@given(draw=st.data(), seed=SEEDS)
def test_backends_agree_with_dual_numbers(name, draw, seed):
    held(name, shapes_of(CASES[name], draw.draw), seed, EAGER)


@SHAPED
@settings(QUICK, max_examples=2)
@given(draw=st.data(), seed=SEEDS)
def test_references_agree_with_dual_numbers(name, draw, seed):
    held(name, shapes_of(CASES[name], draw.draw), seed, ("complex-step", "arb"), ("float64",))


@SHAPED
@pytest.mark.parametrize("backend", ["jax", "torch-func"])
def test_compiled_and_transformed_agree_with_dual_numbers(name, backend):
    """One point, and the operators that use all rules: what takes time is compiling."""
    shapes = CASES[name].shapes or ((2, 2),) * len(CASES[name].domains)
    held(name, shapes, 5, (backend,), ("float32",), ("gradient",))
    held(name, shapes, 5, (backend,), ("float64",), ("hvp",))


@pytest.mark.slow
@SHAPED
@pytest.mark.parametrize("backend", ["jax", "jax-eager", "torch-func"])
def test_every_operator_of_compiled_and_transformed_agrees_with_dual_numbers(name, backend):
    shapes = CASES[name].shapes or ((2, 2),) * len(CASES[name].domains)
    held(name, shapes, 5, (backend,))


@SHAPED
@settings(QUICK, max_examples=2)
@given(draw=st.data(), seed=SEEDS)
def test_dual_numbers_agree_with_differences(name, draw, seed):
    case = CASES[name]
    tried = Tried(name, shapes_of(case, draw.draw), seed)
    expected = {"gradient": tried.answer("dual", "gradient", "float64")}
    operators = {"gradient": "float64", "jvp": "float64", "hvp": "float32"}
    for operator, dtype in operators.items() if case.smooth else ():
        found = tried.answer("dual", operator, dtype)
        differences = tried.answer("finite-difference", operator, dtype)
        eps = np.finfo(dtype).eps
        assert_close(found, differences, eps, tried.size(expected), operator)


def in_the_standard(name):
    *group, name = name.split(".")
    module = getattr(array_api_strict, *group) if group else array_api_strict
    return hasattr(module, name)


@SHAPED
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_and_the_standard_agree(name, dtype):
    case = CASES[name]
    shapes = case.shapes or ((2, 2),) * len(case.domains)
    tried = Tried(name, shapes, 7)
    params = {n: x.astype(dtype) for n, x in tried.instance.params.items()}
    found = np.asarray(tried.call(NUMPY, params))
    assert found.shape == tried.weights.shape
    if not case.standard or not in_the_standard(name.partition(",")[0].partition(" ")[0]):
        return
    strict = {n: array_api_strict.asarray(x) for n, x in params.items()}
    wanted = tried.call(array_api_strict, strict)
    np.testing.assert_allclose(found, np.asarray(wanted), rtol=8 * np.finfo(dtype).eps)
