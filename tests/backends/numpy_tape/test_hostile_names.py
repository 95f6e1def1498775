"""Names of parameters and data may be anything: what is emitted is Python, and says the same."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.planning import derivation
from gradparity.problems import Instance, Problem

NAMES = (
    *("\\x", '"""', "'''", "a\nb", "a b", "a_b", "a-b", "class", "None", "", "1", "é", "ﬁ", "fi"),
    *("²", "①", "\ud800", "\u202e", "\x00", "{x}", "%s", "#", "np", "math", "params", "data"),
    *("answer", "value", "value_and_gradient", "formula", "make", "aligned", "cut", "_", "__"),
    *("numbers", "direction", "v", "v_a", "d_a", "\U000e0001", "print", "range", "slice", "self"),
    *("t1", "t2", "a", "a_0", "d_", "unused_0_1", "scalars", "a" * 90 + "  # b", "exp", "log"),
)
SIZES = {"one": 1, "many": 7}


def problem(names):
    """A loss in which every parameter has a square and a product with its data."""

    def loss(xp, params, data):
        return sum(xp.sum(params[name] ** 2 * data[f"d{name}"]) for name in names)

    def draw(rng, n):
        shape = () if n == 1 else (n,)
        return Instance(
            {name: np.asarray(rng.standard_normal(shape)) for name in names},
            {f"d{name}": np.asarray(rng.standard_normal(shape)) for name in names},
        )

    sizes = {size: {"n": n} for size, n in SIZES.items()}
    return Problem("hostile", loss, draw, sizes, source="a sum of squares")


GROUPS = [*((name,) for name in NAMES), *itertools.pairwise(NAMES), NAMES]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("operator", ["gradient", "jvp", "hvp", "hessian"])
def test_any_names_are_computed_with(size, operator):
    """The loss is a sum of d p^2: gradient 2 d p, Hessian diag(2 d)."""
    for names in GROUPS:
        one = problem(names)
        instance = one.instance(size, seed=1)
        prepared = load("tape").prepare(
            one, operator, instance.zeros(), Setting("float64", "cpu", 1)
        )
        answer = prepared.decode(prepared.run(prepared.encode(instance)))
        p, d = instance.params, {name: instance.data[f"d{name}"] for name in names}
        slopes = {name: 2 * d[name] * p[name] for name in names}
        bent = {name: 2 * d[name] * instance.direction[name] for name in names}
        if operator in ("gradient", "hvp"):
            assert answer.derivative.keys() == p.keys()
            for name, expected in (slopes if operator == "gradient" else bent).items():
                np.testing.assert_allclose(answer.derivative[name], expected, rtol=1e-14)
        elif operator == "jvp":
            along = sum(np.sum(slopes[name] * instance.direction[name]) for name in names)
            np.testing.assert_allclose(answer.derivative["jvp"], along, rtol=1e-12)
        else:
            curved = np.concatenate([2 * d[name].ravel() for name in names])
            np.testing.assert_allclose(answer.derivative["hessian"], np.diag(curved), rtol=1e-14)


@pytest.mark.parametrize("size", SIZES)
def test_what_derive_prints_is_a_module_of_visible_letters(size, monkeypatch):
    for names in GROUPS:
        one = replace(problem(names), name=f'"""\n{names[0]}\\')
        monkeypatch.setattr(derivation, "_problem", lambda _, one=one: one)
        source = derivation.derivation("", size, "gradient", "float64")
        assert all(sign.isprintable() or sign == "\n" for sign in source)
        made: dict = {}
        exec(compile(source, "derived", "exec"), made)
        instance = one.instance(size, seed=2)
        _, gradient = made["value_and_gradient"](instance.params, instance.data)
        for name in names:
            expected = 2 * instance.data[f"d{name}"] * instance.params[name]
            np.testing.assert_allclose(gradient[name], expected, rtol=1e-14)
