"""The catalogue of optimisers and what it says to a wrong option; the layout of parameters."""

import subprocess
import sys

import numpy as np
import pytest

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find, start_search
from gradparity.backends.optimizers.contract.options import RULES, check
from gradparity.backends.optimizers.training import Training
from gradparity.problems import InputError


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_what_it_says(name):
    optimizer = find(name)
    assert optimizer.name == name
    assert optimizer.kind in ("update", "search")
    assert set(optimizer.options) <= set(RULES)
    if optimizer.kind == "update":
        assert {"weight_decay", "clip", "average"} <= set(optimizer.options)
        assert optimizer.needs == ("gradient",)
    check(optimizer, optimizer.options)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("value", [-1.0, float("nan"), "much", [0.5]])
def test_no_option_may_be_nonsense(name, value):
    for option in find(name).options:
        with pytest.raises(InputError, match=f"{name}: {option} must be "):
            check(find(name), {option: value})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("adma", {}, "unknown optimizer 'adma'; did you mean 'adam'? known: gd, momentum"),
        ("adam", {"beta": 0.9}, "adam has no option 'beta'; did you mean 'beta2'? it has: weight_decay, clip, average, beta1, beta2, epsilon, epsilon_inside"),
        ("gd", {"momentum": 0.9}, "gd has no option 'momentum'; it has: weight_decay, clip, average"),
        ("adam", {"epsilon": 0.0}, "adam: epsilon must be a number above 0, not 0.0"),
        ("adam", {"epsilon": -1e-8}, "adam: epsilon must be a number above 0, not -1e-08"),
        ("adam", {"beta1": 1.0}, "adam: beta1 must be a number in [0, 1), not 1.0"),
        ("adamw", {"beta2": -0.1}, "adamw: beta2 must be a number in [0, 1), not -0.1"),
        ("momentum", {"momentum": 1}, "momentum: momentum must be a number in [0, 1), not 1"),
        ("gd", {"clip": -1.0}, "gd: clip must be a number above 0, not -1.0"),
        ("gd", {"clip": 0}, "gd: clip must be a number above 0, not 0"),
        ("rmsprop", {"centered": 1}, "rmsprop: centered must be true or false, not 1"),
        ("rmsprop", {"decay": True}, "rmsprop: decay must be a number in [0, 1), not True"),
        ("langevin", {"temperature": float("inf")}, "langevin: temperature must be a number, 0 or above, not inf"),
        ("lbfgs", {}, "lbfgs asks for what it needs (a search), and cannot be fed gradients"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(name, options, message):
    with pytest.raises(InputError) as error:
        Training(name, options)
    assert str(error.value).startswith(message)


def test_an_update_is_no_search():
    with pytest.raises(InputError, match="adam is told gradients"):
        start_search("adam", None, np.zeros(2), np.random.default_rng(0), {})


def test_none_stands_for_a_default_of_none_alone():
    check(find("gd"), {"clip": None})
    with pytest.raises(InputError, match="weight_decay must be a number, 0 or above, not None"):
        check(find("gd"), {"weight_decay": None})


def test_names_load_nothing_heavy():
    """`list` and `--help` print the names: they must not wait for a library."""
    code = (
        "import sys; from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find;"
        "[find(name) for name in OPTIMIZERS];"
        "print(*{'cma', 'scipy', 'torch', 'jax', 'optax', 'matplotlib'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
