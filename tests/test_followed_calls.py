"""Advice to who calls from Python: what is refused, what is said, and that doing so is admitted.

A row of `CALLS` is two calls without arguments: the refused one, and the one that does what the
message says. The second is asked for a figure where there is one.
"""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

import gradparity as gp
from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.catalogue import find
from gradparity.harness.kernels.deck import deck
from gradparity.harness.landscapes.plain_loss import problem_of_plain, read_off
from gradparity.harness.messages.descent_spec import Budget
from gradparity.harness.planning.made import kept
from gradparity.harness.training.descents.stopping import target
from gradparity.harness.training.space import space
from gradparity.harness.views.controls import read
from gradparity.harness.views.flow import VIEW
from gradparity.harness.views.flow_passes import shown_for
from gradparity.harness.worker.counters import count
from gradparity.problems import InputError, Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.networks import Dense, Dropout, Network, Squared
from tests import ROOT
from tests.harness.plain.test_gradcheck import NoneUnexpected, inputs

X = np.array([1.0, 2.0, 3.0])
HALF = torch.tensor([1.0, 2.0, 3.0], dtype=torch.bfloat16)
BOOTH = PROBLEMS["booth"]


def checked(loss, params=X, **more):
    """The verdict of a loss of one array; by its own library where no gradient is given."""
    return gp.check(loss, params, **more)


def by_numpy(loss, gradient=lambda x: 2 * x):
    return lambda: checked(loss, gradient=gradient)


def by_tape(loss, params=X, **data):
    instance = Instance({"x": params}, data)
    problem = gp.Problem(
        "tried", lambda xp, p, d: loss(xp, p["x"], d), lambda rng: instance, {"tiny": {}}, "a test"
    )
    return lambda backend="tape": load(backend).prepare(problem, "gradient", instance, Setting())(
        instance
    )


def by_duals(loss, params=X, **data):
    called = by_tape(loss, params, **data)
    return lambda: called("dual")


def drawn(name, **size):
    return lambda: PROBLEMS[name].draw(np.random.default_rng(0), **size)


class TakesNone(NoneUnexpected):
    """As the message says: `if g is None`."""

    @staticmethod
    def backward(ctx, g, h):
        a, b = ctx.saved_tensors
        g = torch.zeros_like(a) if g is None else g
        h = torch.zeros(()) if h is None else h
        return g * b + h, g * a + h


def with_item(x):
    return (x * x.sum().item()).sum()


def branching(x, y):
    return x**2 if x > 0 else y**2 + 1


def counting(**found):
    class Counting:
        name, distribution, role, compiled = "mine", "numpy", "contestant", False

        def counters(self, *given):
            return found

        def unavailable(self):
            return None

        def unsupported(self, problem, operator):
            return None

        def prepare(self, *given):
            raise AssertionError("nobody asks for an answer")

    return lambda: count(Counting(), BOOTH, "gradient", BOOTH.instance("tiny", 0), Setting())


QUICK = {"backends": ["tape"], "sizes": ["tiny"], "processes": 1, "extra_s": 0.0}
LOCK = threading.Lock()


def locked(xp, params, data):
    with LOCK:
        return xp.sum(params["x"] ** 2)


def locks_itself(xp, params, data):
    with __import__("threading").Lock():
        return xp.sum(params["x"] ** 2)


def network(kept, **further):
    made = Network([Dense(1), Dropout("mask", kept)], Squared())
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 2))
    return lambda: made.instance(rng, x, x[:, :1], **further)


def flowing(**setting):
    return lambda: shown_for(read(VIEW.controls, {}) | setting)


CALLS = {
    "a NumPy loss without a gradient": (
        lambda: checked(lambda x: np.sum(x**2)),
        r"a NumPy loss has no gradient of its own; pass gradient=",
        by_numpy(lambda x: np.sum(x**2)),
    ),
    "libraries side by side": (
        lambda: checked(_two_libraries, {"a": torch.ones(2), "b": _jax().numpy.ones(2)}),
        r"params holds JAX and torch arrays; say library='jax'",
        lambda: checked(lambda p: (p["a"] * 2).sum(), {"a": _jax().numpy.ones(2)}, library="jax"),
    ),
    "a generator": (
        by_numpy(lambda x: (np.sum(x**2) for _ in "1")),
        "not an array; write return for yield",
        by_numpy(lambda x: np.sum(x**2)),
    ),
    "a loss that rounds": (
        by_numpy(lambda x: np.sum(np.round(x, 1) ** 2)),
        "leave the rounding out for the check",
        by_numpy(lambda x: np.sum(x**2)),
    ),
    "a loss in bfloat16": (
        lambda: checked(lambda x: (x.bfloat16() ** 2).sum(), HALF.float()),
        "compute the loss in float32 or float64 for the check, or pass the parameters in",
        lambda: (
            checked(lambda x: (x**2).sum(), HALF.float()),
            checked(lambda x: (x.bfloat16() ** 2).sum(), HALF),
        ),
    ),
    "a constant in bfloat16": (
        lambda: checked(with_item, HALF),
        r"check it in float32, or say constants=\[...\] if it is meant",
        lambda: checked(with_item, HALF, constants=["item"]),
    ),
    "a backward that does not take None": (
        lambda: gp.gradcheck(NoneUnexpected.apply, inputs((3, 2), (3, 2))),
        "write `if g is None`, or say check_undefined_grad=False",
        lambda: (
            gp.gradcheck(TakesNone.apply, inputs((3, 2), (3, 2))),
            gp.gradcheck(NoneUnexpected.apply, inputs((3, 2), (3, 2)), check_undefined_grad=False),
        ),
    ),
    "a kernel in float8": (
        lambda: gp.kernelcheck(_float8, shapes=[("n",)], library="torch", deck=["ordinary"]),
        "give the kernel a reference= without it, or check what is around it",
        lambda: gp.kernelcheck(
            lambda x: x * x,
            shapes=[("n",)],
            library="torch",
            deck=["ordinary"],
            reference=lambda x: x * x,
        ),
    ),
    "no cards": (
        lambda: deck([], {}),
        "the deck has no cards; say deck='quick'",
        lambda: deck("quick", {}),
    ),
    "a device that is not here": (
        lambda: gp.kernelcheck(
            torch.nn.functional.silu, shapes=[("n",)], deck=["ordinary"], device="xpu"
        ),
        "is not here; leave device out for the CPU",
        lambda: gp.kernelcheck(torch.nn.functional.silu, shapes=[("n",)], deck=["ordinary"]),
    ),
    "a branch in f(x, y)": (
        lambda: read_off(problem_of_plain(branching)),
        r"it takes another branch there; write np.where\(condition, a, b\)",
        lambda: read_off(problem_of_plain(lambda x, y: np.where(x > 0, x**2, y**2 + 1))),
    ),
    "what cannot be sent": (
        lambda: kept(replace(BOOTH, name="my-bowl", loss=locked)),
        "make within its functions what they need",
        lambda: kept(replace(BOOTH, name="my-bowl", loss=locks_itself)),
    ),
    "one name for a list": (
        lambda: gp.run("booth", **QUICK | {"backends": "tape"}),
        r"give a list of names: \[",
        lambda: gp.run("booth", **QUICK, rounds=2),
    ),
    "the command line's name": (
        lambda: gp.run("booth", backend=["tape"]),
        ": .* is called .* here; write that",
        lambda: gp.run("booth", **QUICK, rounds=2),
    ),
    "no seed": (
        lambda: gp.train("booth", optimizers=["gd"], backends=["tape"], steps=2, seeds=()),
        "no seed is named; give at least one",
        lambda: gp.train("booth", optimizers=["gd"], backends=["tape"], steps=2, seeds=(1,)),
    ),
    "a share of an unknown minimum": (
        lambda: target(Budget(target_share=0.1), 5.0, None),
        "give a target, which is a loss",
        lambda: target(Budget(target=1.0), 5.0, None),
    ),
    "an empty space": (
        lambda: space(" "),
        "the space is empty; give ",
        lambda: space(_example(" ")),
    ),
    "ends that are no numbers": (
        lambda: space("lr=a:b"),
        "its ends should be numbers; give ",
        lambda: space(_example("lr=a:b")),
    ),
    "an optimiser called as ours": (
        lambda: find(_optimizer("adam")),
        "is one of ours; give yours a name of its own",
        lambda: find(_optimizer("mine")),
    ),
    "a counter in another case": (
        counting(Calls=1),
        "write the name in snake_case",
        counting(calls=1),
    ),
    "k and x0 of two lengths": (
        drawn("ad-budget-log", k=(1.0, 2.0), x0=(1.0,)),
        "give one of each for every channel",
        drawn("ad-budget-log", k=(1.0, 2.0), x0=(1.0, 2.0)),
    ),
    "products of two lengths": (
        drawn("price-catalogue", a=(1000.0, 800.0), b=((8.0, -1.0), (-1.0, 6.0)), cost=(35.0,)),
        "give one product a number in a and cost, and a row and a column in b",
        drawn(
            "price-catalogue", a=(1000.0, 800.0), b=((8.0, -1.0), (-1.0, 6.0)), cost=(35.0, 20.0)
        ),
    ),
    "no layer": (
        lambda: Network([], Squared()),
        "there is no layer; give a list of them",
        lambda: Network([Dense(1)], Squared()),
    ),
    "no mask": (
        network(0.5),
        "the data have no .*; give it to instance",
        network(0.5, mask=np.ones((4, 1))),
    ),
    "an axis that is not there": (
        by_tape(lambda xp, x, d: xp.sum(xp.top_k(x, 1, axis=2)[0])),
        "write one of them, or None",
        lambda: (
            by_tape(lambda xp, x, d: xp.sum(xp.top_k(x, 1, axis=0)[0]))(),
            by_tape(lambda xp, x, d: xp.sum(xp.top_k(x, 1, axis=None)[0]))(),
        ),
    ),
    "complex data": (
        by_duals(lambda xp, x, d: xp.sum(x * d["c"]), c=X * 1j),
        "write real numbers",
        by_duals(lambda xp, x, d: xp.sum(x * d["c"]), c=X),
    ),
    "a product with a number": (
        by_duals(lambda xp, x, d: xp.sum(x @ d["c"]), c=np.asarray(2.0)),
        r"a matrix product needs arrays of one axis or more; write x \* y",
        by_duals(lambda xp, x, d: xp.sum(x * d["c"]), c=np.asarray(2.0)),
    ),
    "parameters of integers": (
        by_tape(lambda xp, x, d: xp.sum(x * x), np.array([1, 2])),
        "which has no derivative; make it floating, or pass it as data",
        lambda: (
            by_tape(lambda xp, x, d: xp.sum(x * x), np.array([1.0, 2.0]))(),
            by_tape(lambda xp, x, d: xp.sum(x * d["k"]), k=np.array([1, 2, 3]))(),
        ),
    ),
    "a number that Python has not": (
        by_tape(lambda xp, x, d: xp.sum(x * (np.longdouble(1) / 3))),
        "is no Python float; pass it as data",
        by_tape(lambda xp, x, d: xp.sum(x * d["third"]), third=np.asarray(1 / 3)),
    ),
    "a complex number as a condition": (
        by_tape(lambda xp, x, d: xp.sum(x) * float(xp.complex(x[0], x[1]))),
        r"a complex array is no real number; write abs\(z\), z\.real or z\.imag",
        by_tape(lambda xp, x, d: sum((abs(z := xp.complex(x[0], x[1])), z.real, z.imag))),
    ),
    "a complex loss": (
        by_tape(lambda xp, x, d: xp.complex(x[0], x[1])),
        r"the loss is complex; a loss is one real number: write xp\.abs or xp\.real",
        lambda: (
            by_tape(lambda xp, x, d: xp.abs(xp.complex(x[0], x[1])))(),
            by_tape(lambda xp, x, d: xp.real(xp.complex(x[0], x[1])))(),
        ),
    ),
    "a complex number for a real array": (
        by_tape(lambda xp, x, d: xp.sum(x * 2j)),
        r"is complex, and its array is real: write xp\.complex\(re, im\)",
        by_tape(lambda xp, x, d: xp.abs(xp.sum(xp.complex(0.0 * x, 2.0 * x)))),
    ),
    "a loop over a condition": (
        by_tape(lambda xp, x, d: xp.sum(x) if x[0] > 0 else xp.sum(-x)),
        r"write .*, or use the backend tape-eager",
        lambda: (
            by_tape(lambda xp, x, d: xp.where(x[0] > 0, xp.sum(x), xp.sum(-x)))(),
            by_tape(lambda xp, x, d: xp.sum(x) if x[0] > 0 else xp.sum(-x))("tape-eager"),
        ),
    ),
    "a network that overflows": (
        flowing(wiring="plain", activation="linear", start="chain", depth=50, scale=1e9),
        "take a smaller scale",
        flowing(wiring="plain", activation="linear", start="chain", depth=50, scale=1.0),
    ),
}
"""What is refused, the advice, and what follows it."""


def _two_libraries(params):
    return params["a"].sum()


def _float8(x):
    return x.to(torch.float8_e4m3fn).to(x.dtype) * x


def _jax():
    import jax

    return jax


def _example(refused):
    """What a message about a space gives as an example."""
    with pytest.raises(InputError) as told:
        space(refused)
    return re.search(r"such as (\S+)", str(told.value))[1]


def _optimizer(name):
    text = (ROOT / "examples/my_optimizer.py").read_text()
    file = _FOLDER / f"{name}.py"
    file.write_text(re.sub(r'name="[^"]+"', f'name="{name}"', text))
    return str(file)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "_FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path)


_FOLDER = ROOT


@pytest.mark.parametrize("name", CALLS)
def test_a_call(name):
    refused, advice, followed = CALLS[name]
    with pytest.raises(InputError) as told, np.errstate(over="ignore", invalid="ignore"):
        refused()
    assert re.search(advice, str(told.value)), told.value
    assert "\n" not in str(told.value)
    followed()
