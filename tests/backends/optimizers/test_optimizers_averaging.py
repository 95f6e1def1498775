"""The average of iterates against torch's AveragedModel, optax's ema, and sums written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find
from gradparity.backends.optimizers.contract.averages import is_average
from gradparity.backends.optimizers.contract.options import check
from gradparity.backends.optimizers.training import Training
from gradparity.backends.optimizers.updates.averaging import start_average
from gradparity.problems import InputError

STEPS, SIZE = 400, 7
UPDATES = [name for name in OPTIMIZERS if find(name).kind == "update"]


def path(dtype=np.float64):
    """(STEPS + 1, SIZE): a walk, of size 1e-3 to 1e3."""
    rng = np.random.default_rng(3)
    walk = np.cumsum(rng.normal(size=(STEPS + 1, SIZE)), axis=0) * np.logspace(-3, 3, SIZE)
    return walk.astype(dtype)


def ours(text, walk):
    average = start_average(text, walk[0].copy())
    return np.array([average(theta.copy()) for theta in walk[1:]])


def torchs(walk, first=1, every=1, **how):
    """AveragedModel, told the model after every step that it is to see; before, the model."""
    import torch
    from torch.optim.swa_utils import AveragedModel

    model = torch.nn.Linear(1, SIZE, bias=False, dtype=torch.float64)
    averaged, found = AveragedModel(model, **how), []
    for step, theta in enumerate(walk[1:], 1):
        with torch.no_grad():
            model.weight[:, 0] = torch.tensor(theta)
        if step >= first and (step - first) % every == 0:
            averaged.update_parameters(model)
        shown = averaged.module if step >= first else model
        found.append(shown.weight[:, 0].detach().numpy().copy())
    return np.array(found)


def near(found, wanted, walk):
    return np.all(np.abs(found - wanted) <= 1e-13 * np.max(np.abs(walk), axis=0))


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999])
def test_an_exponential_average_is_torchs_at_every_step(decay):
    from torch.optim.swa_utils import get_ema_multi_avg_fn

    walk = path()
    wanted = torchs(walk, multi_avg_fn=get_ema_multi_avg_fn(decay))
    assert near(ours(f"ema:{decay}", walk), wanted, walk)


@pytest.mark.parametrize(("first", "every"), [(1, 1), (30, 1), (17, 5), (399, 10)])
def test_a_stochastic_average_is_torchs_at_every_step(first, every):
    walk = path()
    assert near(ours(f"swa:{first}:{every}", walk), torchs(walk, first, every), walk)


@pytest.mark.parametrize("decay", [0.5, 0.9, 0.999])
def test_a_debiased_average_is_optaxs_at_every_step(decay):
    jax = pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    walk = path()
    with jax.enable_x64(True):
        ema = optax.ema(decay, debias=True)
        state, wanted = ema.init(jax.numpy.asarray(walk[0])), []
        for theta in walk[1:]:
            found, state = ema.update(jax.numpy.asarray(theta), state)
            wanted.append(np.asarray(found))
    assert near(ours(f"ema:{decay}:debiased", walk), np.array(wanted), walk)


def test_averages_are_the_sums_that_they_stand_for():
    walk, k, decay = path(), 50, 0.9
    weights = (1.0 - decay) * decay ** np.arange(k - 1, -1, -1)
    first = weights.copy()
    first[0] = decay ** (k - 1)  # the first iterate stands for all before it
    assert ours("ema:0.9", walk)[k - 1] == pytest.approx(first @ walk[1 : k + 1], rel=1e-12)
    debiased = weights @ walk[1 : k + 1] / weights.sum()
    assert ours("ema:0.9:debiased", walk)[k - 1] == pytest.approx(debiased, rel=1e-12)
    seen = walk[[10, 15, 20, 25, 30, 35, 40, 45, 50]]
    assert ours("swa:10:5", walk)[k - 1] == pytest.approx(seen.mean(axis=0), rel=1e-12)
    assert np.array_equal(ours("swa:10:5", walk)[:10], walk[1:11])


AVERAGES = st.one_of(
    st.floats(0.0, 0.9999).map(lambda decay: f"ema:{decay!r}"),
    st.floats(0.0, 0.9999).map(lambda decay: f"ema:{decay!r}:debiased"),
    st.tuples(st.integers(1, 12), st.integers(1, 5)).map(lambda two: f"swa:{two[0]}:{two[1]}"),
)


@given(AVERAGES, st.integers(0, 2**32 - 1), st.sampled_from(["float32", "float64"]))
@settings(max_examples=60, deadline=None)
def test_an_average_lies_among_its_iterates_entry_by_entry(text, seed, dtype):
    walk = np.random.default_rng(seed).normal(size=(15, 4)).astype(dtype)
    found = ours(text, walk)
    assert found.dtype == walk.dtype
    slack = 100 * np.finfo(dtype).eps * np.max(np.abs(walk))
    assert np.all(found <= np.maximum.accumulate(walk[1:]) + slack)
    assert np.all(found >= np.minimum.accumulate(walk[1:]) - slack)
    assert np.array_equal(ours(text, walk[:, :2]), found[:, :2])


@pytest.mark.parametrize("name", UPDATES)
def test_every_update_may_be_averaged_and_no_search(name):
    check(find(name), {"average": "swa:10:2"})
    with pytest.raises(InputError, match="a descent averages its iterates, not a training step"):
        Training(name, {"average": "ema:0.9"})
    with pytest.raises(InputError, match="lbfgs has no option 'average'"):
        check(find("lbfgs"), {"average": "ema:0.9"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "ema", "ema:1", "ema:-0.1", "ema:nan", "ema:x", "ema:0.9:biased", "mean:1:1"),
        *("swa:0:1", "swa:10", "swa:10:0", "swa:1.5:1", "swa:1:2:3", "swa:²:1"),
        *(0.9, True, ["ema:0.9"]),
    ],
)
def test_what_is_no_average_is_refused_with_the_grammar(text):
    assert not is_average(text)
    with pytest.raises(InputError, match="adam: average must be ema:DECAY, ema:DECAY:debiased or"):
        check(find("adam"), {"average": text})
