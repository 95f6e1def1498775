"""Runs on a real scheduler with two workers, beside the same runs on this machine."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from gradparity.harness.checking.verdicts import check_plan
from gradparity.harness.claims.execution import ClaimsAsked, explore
from gradparity.harness.cluster import place as place_module
from gradparity.harness.cluster.hosts import this_host
from gradparity.harness.cluster.named import named
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race import race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from gradparity.results.store.store import open_store
from tests import PATIENCE_S

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()"]

FILE = """
from pathlib import Path
import beside
from gradparity.problems import Instance, Problem

def loss(xp, params, data):
    if beside.RAISES:
        raise ValueError(f"at {len(Path(__file__).parts)} in {__file__}")
    return xp.sum(params["w"] ** 2)

PROBLEM = Problem("square", loss, lambda rng: Instance({"w": rng.normal(size=3)}, {}), {"tiny": {}}, "me")
"""


def plan_of(*targets, **options):
    return make_plan(targets, Options(backends=("numpy", "tape"), sizes=("tiny",), **options))


def test_verdicts_are_those_of_this_machine(two_workers):
    plan = plan_of("rosenbrock", "booth", "himmelblau")
    assert check_plan(plan, cluster=two_workers.address) == check_plan(plan)


@pytest.mark.parametrize("named", ["mine.py", "absolute"])
def test_users_files_travel_by_value(two_workers, tmp_path, monkeypatch, named):
    """The loss runs from a copy, and its message speaks of the file at home."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "beside.py").write_text("RAISES = False\n")
    file = "mine.py" if named == "mine.py" else str(tmp_path / "mine.py")
    plan = make_plan([file], Options(backends=("tape",)))
    (found,) = check_plan(plan, cluster=two_workers.address)
    assert (found.status, found.file) == ("ok", file)
    assert found == check_plan(plan)[0]
    # Here it is let through, there it raises: only what was sent decides.
    (tmp_path / "beside.py").write_text(
        "import os\nfrom pathlib import Path\nRAISES = 'files' in Path(__file__).parts\n"
    )
    (found,) = check_plan(plan, cluster=two_workers.address)
    there = len((tmp_path / "mine.py").parts)
    assert found.status == "error"
    assert f"in {tmp_path}/mine.py" in found.reason
    assert int(found.reason.split(" in ")[0].split()[-1]) > there


def test_a_race_has_the_histories_of_this_machine(two_workers, tmp_path):
    options = RaceOptions(optimizers=("gd", "adam", "lbfgs"), seeds=(0, 1, 2), steps=60)
    found = {}
    for cluster in ("", two_workers.address):
        plan = plan_race(["booth", "rosenbrock"], replace(options, cluster=cluster))
        with open_store(str(tmp_path / "store.db")) as store:
            found[cluster] = race(plan, store, Progress()).descents
    here, there = found.values()
    assert len(there) == 18
    for one, other in zip(here, there, strict=True):
        assert one.identity == other.identity
        assert (one.status, one.history.losses.tolist()) == (
            other.status,
            other.history.losses.tolist(),
        )
        assert one.history.seconds is not None
        assert other.history.seconds is None


def test_claims_have_the_figures_of_this_machine(two_workers, tmp_path):
    """Of claims that measure no times; those have their host alone, as timed workloads do."""
    found = {}
    with open_store(str(tmp_path / "store.db")) as store:
        for cluster in ("", two_workers.address):
            asked = ClaimsAsked((5, 10), quick=True, cluster=cluster)
            found[cluster] = explore(asked, store, Progress()).findings
    here, there = found.values()
    assert [one.status for one in there] == ["ok", "ok"]
    assert [one.figures for one in here] == [one.figures for one in there]


def test_a_host_that_differs_is_refused_with_a_table(two_workers, monkeypatch):
    here = this_host()
    other = replace(here, versions=here.versions | {"torch": "1.0"}, source="0" * 64)
    monkeypatch.setattr(place_module, "this_host", lambda: other)
    with pytest.raises(InputError) as error:
        check_plan(plan_of("booth"), cluster=two_workers.address)
    lines = str(error.value).splitlines()
    assert lines[0] == f"--cluster {two_workers.address}: no host is as this machine is:"
    assert [line.split()[1] for line in lines[2:]] == ["torch", "gradparity's"]


class OnGpus:
    """A recipe of what needs a GPU; these workers have none."""

    alone, gpu = False, True


def test_what_nobody_has_is_said_with_the_line_to_type(two_workers):
    told = "no worker has what this needs; start one on each host: dask worker .* --resources gpu=1"
    with (
        pytest.raises(InputError, match=told),
        place_module.on_cluster(named(two_workers.address), OnGpus(), [], Progress()),
    ):
        pass


def test_the_command_says_who_takes_part(two_workers):
    asked = ["check", "booth", "--backend", "tape", "--cluster", two_workers.address, "-f", "json"]
    done = subprocess.run([*COMMAND, *asked], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert [one["status"] for one in json.loads(done.stdout)["checks"]] == ["ok"]
    assert f"cluster {two_workers.address}: 1 host, 2 workers" in done.stderr
