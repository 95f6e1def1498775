"""A parameter of any layout gives the answer of the same numbers in C order, and is left alone."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Answer, Setting
from gradparity.backends.catalogue import DEFAULTS, load
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import same


def fortran(x):
    return np.asfortranarray(x)


def strided(x):
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan)
    wide[..., ::2] = x
    return wide[..., ::2]


def backwards(x):
    return np.ascontiguousarray(x[..., ::-1])[..., ::-1]


def read_only(x):
    kept = x.copy()
    kept.flags.writeable = False
    return kept


def transposed(x):
    return np.ascontiguousarray(x.T).T


@pytest.mark.parametrize("layout", [fortran, strided, backwards, read_only, transposed])
@pytest.mark.parametrize("backend", [*DEFAULTS, "tape-eager", "autograd"])
@pytest.mark.parametrize("operator", ["gradient", "hvp"])
def test_layouts(layout, backend, operator):
    problem = PROBLEMS["mlp-digits"]
    plain = problem.instance("tiny", seed=4)
    params = {name: layout(x) for name, x in plain.params.items()}
    data = {k: layout(x) if x.ndim == 2 else x for k, x in plain.data.items()}
    odd = Instance(params, data, plain.direction)
    engine = load(backend)
    if engine.unavailable() or engine.unsupported(problem, operator):
        pytest.skip(engine.unavailable() or engine.unsupported(problem, operator))
    with np.errstate(all="ignore"):
        prepared = engine.prepare(problem, operator, odd.zeros(), Setting())
        first, second = prepared(odd), prepared(plain)
    assert same(first.derivative, second.derivative)
    assert same(plain.params, {name: np.array(x) for name, x in odd.params.items()})


@pytest.mark.parametrize("backend", [*DEFAULTS, "tape-eager", "dual", "complex-step"])
def test_parameters_without_axes_and_of_one_entry(backend):
    """f = a² Σ b² with a of shape () and b of shape (1, 1): ∂f/∂a = 2 a b², ∂f/∂b = 2 a² b."""

    def loss(xp, params, data):
        return params["a"] * params["a"] * xp.sum(xp.square(params["b"])) * data["c"]

    problem = replace(
        PROBLEMS["booth"], name="odd-shapes", loss=loss, gradient=None, residuals=None
    )
    instance = Instance({"a": np.array(3.0), "b": np.array([[2.0]])}, {"c": np.array(0.5)})
    engine = load(backend)
    if engine.unsupported(problem, "gradient"):
        pytest.skip(engine.unsupported(problem, "gradient"))
    answer = engine.prepare(problem, "gradient", instance.zeros(), Setting())(instance)
    assert float(answer.value) == 18.0
    assert {k: g.tolist() for k, g in answer.derivative.items()} == {"a": 12.0, "b": [[18.0]]}
    right = Answer(np.array(18.0), {"a": np.array(12.0), "b": np.array([[18.0]])})
    assert judge_pair(Truth(problem, instance), right, None).status == "ok"
