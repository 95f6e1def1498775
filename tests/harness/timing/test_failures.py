"""A worker that crashes, hangs or runs out of memory costs its own cells only."""

from importlib.util import find_spec

import pytest

from gradparity import InputError, run
from tests.harness.files import SEVERAL


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failures")
    file = folder / "several.py"
    file.write_text(SEVERAL)
    return run(
        str(file),
        backends=["numpy", "torch"],
        sizes=["tiny"],
        timeout_s=20,
        memory_gib=16,
        rounds=3,
        extra_s=0,
        store=folder / "results.db",
    )


def cell(outcome, problem, backend):
    return next(c for c in outcome.cells if (c.problem, c.backend) == (problem, backend))


@pytest.mark.parametrize(
    ("problem", "status", "reason"),
    [
        ("dies", "crashed", "crashed: signal 9"),
        ("hangs", "timeout", "timeout after 20 s"),
        ("hogs", "out of memory", "Unable to allocate"),
        ("mine", "ok", ""),
        ("prints", "ok", ""),
    ],
)
def test_the_cell_says_what_happened(outcome, problem, status, reason):
    found = cell(outcome, problem, "numpy")
    assert found.status == status
    assert found.reason.startswith(reason)
    assert bool(found.samples) == (status == "ok")


@pytest.mark.parametrize("problem", ["dies", "hangs", "hogs", "mine", "prints"])
def test_the_other_backend_goes_on(outcome, problem):
    found = cell(outcome, problem, "torch")
    assert (found.status, len(found.samples)) == ("ok", 3)
    assert found.parameters == 3


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_a_device_that_is_not_there_is_named(tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    store = tmp_path / "results.db"
    with pytest.raises(InputError) as raised:
        run("booth", device="cuda", extra_s=0, rounds=2, store=store)
    reasons = str(raised.value)
    assert reasons.startswith("nothing of this can run here: numpy computes on cpu alone; ")
    assert "torch finds no CUDA device" in reasons
    assert "jax finds no device cuda" in reasons
    assert not store.exists()


def test_the_run_is_unfinished_business(outcome):
    assert outcome.run.status == "finished"
    assert outcome.exit_code == 4
    assert {row.status for row in outcome.rows} >= {"ok", "crashed", "timeout", "out of memory"}
