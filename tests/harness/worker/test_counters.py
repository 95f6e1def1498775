"""Counters: the law for every backend, counts by hand, growth with the size."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import BACKENDS, load
from gradparity.harness.worker.counters import count
from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import everyday

KEYS = {
    "numpy": {"numpy_calls", "numpy_bytes"},
    "tape": {"tape_operations", "tape_flops", "tape_bytes", "tape_buffer_bytes"},
    "tape-eager": {"tape_operations"},
    "jax": {"jaxpr_equations", "xla_flops", "xla_bytes"},
    "jax-eager": {"jaxpr_equations"},
    "torch": {"torch_operations"},
    "torch-func": {"torch_operations"},
    "torch-compile": {"torch_kernels"},
}
SLOW = {"torch-compile"}


def counters(backend, problem, operator="gradient", size="tiny", dtype="float64", seed=0):
    found = PROBLEMS[problem] if isinstance(problem, str) else problem
    return count(load(backend), found, operator, found.instance(size, seed), Setting(dtype))


@pytest.mark.parametrize(
    "backend",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in BACKENDS],
)
@pytest.mark.parametrize("operator", ["gradient", "hvp"])
def test_the_same_twice_and_at_other_values(backend, operator):
    if load(backend).unavailable() is not None:
        pytest.skip(load(backend).unavailable())
    for problem in ("booth", "xor-tanh"):
        if load(backend).unsupported(PROBLEMS[problem], operator) is None:
            found = counters(backend, problem, operator)
            assert found == counters(backend, problem, operator)
            assert found == counters(backend, problem, operator, seed=1)
            assert (
                KEYS.get(backend, set())
                <= set(found)
                <= {*KEYS.get(backend, ()), "xla_transcendentals"}
            )
            assert all(type(number) is int and number > 0 for number in found.values())


@pytest.mark.parametrize("backend", ["numpy", "tape", "tape-eager", "jax-eager", "torch"])
@pytest.mark.parametrize("problem", everyday(PROBLEMS))
def test_every_problem_is_counted_alike_twice(backend, problem):
    first = counters(backend, problem, dtype="float32")
    assert first
    assert first == counters(backend, problem, dtype="float32")


def tiny(loss, data=(), **params):
    """A problem of ones; loss: over xp, params and data."""
    arrays = {name: np.ones(shape) for name, shape in params.items()}
    return Problem(
        "mine",
        loss,
        lambda rng: Instance(arrays, {name: np.ones(shape) for name, shape in data}),
        {"tiny": {}},
        "by hand",
    )


SQUARES = tiny(lambda xp, params, data: xp.sum(params["x"] * params["x"]), x=5)
PRODUCT = tiny(
    lambda xp, params, data: xp.sum(data["a"] @ params["w"]), data=[("a", (7, 4))], w=(4, 3)
)
EIGHT = 8


@pytest.mark.parametrize(
    ("backend", "value", "gradient"),
    [
        # The tape squares, sums, and doubles x; a flop an entry, sums included.
        (
            "tape",
            {"tape_operations": 2, "tape_flops": 10, "tape_bytes": (10 + 6) * EIGHT},
            {"tape_operations": 3, "tape_flops": 15, "tape_bytes": (10 + 6 + 10) * EIGHT},
        ),
        # Eagerly: multiply, sum; backward reshape, broadcast_to, twice multiply, add.
        ("tape-eager", {"tape_operations": 2}, {"tape_operations": 7}),
        # mul, reduce_sum; backward broadcast_in_dim, twice mul, add. XLA: 5 products, 4 additions;
        # it doubles x at 5 more.
        (
            "jax",
            {"jaxpr_equations": 2, "xla_flops": 9, "xla_bytes": 6 * EIGHT},
            {"jaxpr_equations": 6, "xla_flops": 14},
        ),
        ("jax-eager", {"jaxpr_equations": 2}, {"jaxpr_equations": 6}),
        # mul, sum; backward ones_like, expand, twice mul, add.
        ("torch", {"torch_operations": 2}, {"torch_operations": 7}),
        ("torch-func", {"torch_operations": 2}, {"torch_operations": 7}),
    ],
)
def test_a_sum_of_squares_by_hand(backend, value, gradient):
    assert value.items() <= counters(backend, SQUARES, "value").items()
    assert gradient.items() <= counters(backend, SQUARES, "gradient").items()


def test_a_product_by_hand():
    # 7·3 entries of 4 products and sums; their sum; the gradient aᵀ 1 has 4·3 entries of 7.
    forward, backward = 2 * 21 * 4, 2 * 12 * 7
    found = counters("tape", PRODUCT, "value")
    assert found["tape_flops"] == forward + 21
    assert found["tape_bytes"] == EIGHT * ((28 + 12 + 21) + (21 + 1))
    assert counters("tape", PRODUCT)["tape_flops"] == forward + 21 + backward
    assert counters("jax", PRODUCT)["xla_flops"] == forward + 20 + backward


def test_einsum_costs_what_the_product_costs_and_views_move_nothing():
    einsum = tiny(
        lambda xp, params, data: xp.sum(xp.einsum("ij,jk->ik", data["a"], params["w"])),
        data=[("a", (7, 4))],
        w=(4, 3),
    )
    turned = tiny(lambda xp, params, data: xp.sum(params["x"][1:, :].T * 3.0), x=(4, 3))
    assert counters("tape", einsum, "value")["tape_flops"] == 2 * 7 * 4 * 3 + 21
    found = counters("tape", turned, "value")
    # Times 3 before or after the sum: either way each of the 9 entries is read.
    assert found["tape_bytes"] <= EIGHT * (9 + 9 + 9 + 1)
    assert found["tape_flops"] in (18, 10)


def test_float32_halves_the_bytes():
    wide, narrow = (counters("tape", SQUARES, dtype=t) for t in ("float64", "float32"))
    assert wide["tape_bytes"] == 2 * narrow["tape_bytes"]
    assert wide["tape_operations"] == narrow["tape_operations"]


def test_a_networks_numpy_calls_by_hand():
    # Forwards: dot and add, twice; relu; ten for the cross-entropy (two for the labels' places,
    # max, subtract, exp, dot, take, log, subtract, dot). Backwards: divide, multiply, take,
    # subtract, assign; dw, db, da; compare, multiply; dw, db.
    assert counters("numpy", "mlp-digits")["numpy_calls"] == (2 + 2 + 1 + 10) + (5 + 3 + 2 + 2)


@pytest.mark.parametrize("backend", ["tape", "tape-eager", "jax-eager", "torch"])
def test_rosenbrocks_operations_do_not_depend_on_its_size(backend):
    key = {"tape": "tape_operations", "tape-eager": "tape_operations"}.get(backend)
    key = key or {"jax-eager": "jaxpr_equations", "torch": "torch_operations"}[backend]
    sizes = [size for size in PROBLEMS["rosenbrock"].sizes if size != "large"]
    assert len({counters(backend, "rosenbrock", size=size)[key] for size in sizes}) == 1


def test_rosenbrocks_flops_grow_with_its_size():
    # Every array has n - 1 entries or n, so the cost is affine in n - 1.
    def flops(n):
        problem = replace(PROBLEMS["rosenbrock"], sizes={"n": {"n": n}})
        return counters("tape", problem, size="n")["tape_flops"]

    a, b, c = (flops(n) for n in (1_001, 2_001, 4_001))
    assert c - b == 2 * (b - a) > 0


@pytest.mark.parametrize("size", ["tiny", "small", "medium"])
@pytest.mark.parametrize(("backend", "key"), [("jax", "xla_flops"), ("tape", "tape_flops")])
def test_a_networks_flops_are_the_textbooks(backend, key, size):
    problem = PROBLEMS["mlp-digits"]
    instance = problem.instance(size, 0)
    widths = [64, *problem.sizes[size]["hidden"], 10]
    products = sum(m * n for m, n in pairwise(widths))
    # Forwards, and backwards for weights and for activations; nobody asks for the data's.
    images = len(instance.data["y"])
    textbook = 3 * 2 * products * images
    first = 2 * widths[0] * widths[1] * images
    found = count(load(backend), problem, "gradient", instance, Setting())[key]
    # The products that are asked for, and elementwise work that is less than the product left out.
    assert textbook / 2 < textbook - first < found < textbook


def test_compiling_is_counted_for_the_program_that_runs():
    # The compiled tape shares what the eager one computes twice.
    compiled, eager = (counters(b, "xor-tanh")["tape_operations"] for b in ("tape", "tape-eager"))
    assert compiled < eager


def test_a_loss_that_branches_is_counted_where_it_runs():
    def loss(xp, params, data):
        x = params["x"]
        return x * x if x > 0.0 else x * x * x * x

    found = replace(tiny(loss, x=()), sizes={"tiny": {}})
    assert counters("tape-eager", found, "value") == {"tape_operations": 2}  # greater, multiply


class Plain:
    """A user's backend that counts nothing, or whatever it is told to."""

    name, distribution, role, compiled = "plain", "numpy", "contestant", False

    def unavailable(self):
        return None

    def unsupported(self, problem, operator):
        return None

    def prepare(self, problem, operator, instance, setting):
        raise AssertionError("nobody asked for an answer")


def test_a_users_backend_may_count_nothing_but_not_nonsense():
    problem = PROBLEMS["booth"]
    given = problem, "gradient", problem.instance("tiny", 0), Setting()
    assert count(Plain(), *given) == {}
    for wrong in ({"Calls": 1}, {"calls": float("nan")}, {"calls": -1}, {"calls": "3"}):
        mine = Plain()
        mine.counters = lambda *_, wrong=wrong: wrong
        with pytest.raises(InputError, match="plain counts"):
            count(mine, *given)
