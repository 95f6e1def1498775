"""What becomes of claims that are measured, late, lost, interrupted or taken up again."""

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest

from gradparity.harness.claims import execution, finding
from gradparity.harness.claims.execution import ClaimRecipe, ClaimsAsked, explore, resumed
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.processes.process import WorkerFailure
from gradparity.harness.processes.side_by_side import Workbench
from gradparity.harness.terminal.progress import Progress
from gradparity.problems import InputError
from gradparity.results.records.claim import Figure
from gradparity.results.records.environment import Environment
from gradparity.results.store.store import StoreError, open_store


def seen(extent: Extent) -> Observed:
    return Observed(f"by {', '.join(extent.backends)}", [Figure("one", 1.0, 1.0, 1.0)])


CLAIMS = {n: Claim(n, f"Claim {n}.", seen, backends=("numpy", "torch")) for n in (1, 2, 3)}
CLAIMS[2] = replace(CLAIMS[2], alone=True)


class Here:
    """A worker in this process. failing: number -> what is raised in place of an answer."""

    failing: ClassVar = {}
    asked: ClassVar = []

    def __init__(self, backend, limits, *where):
        self.limits = limits

    def request(self, request):
        Here.asked.append(request.number)
        error = Here.failing.pop(request.number, None)
        if error is not None:
            raise error
        return finding.found(request.number, request.quick)

    def kill(self):
        pass

    def end(self):
        pass


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "WorkerProcess", Here)
    monkeypatch.setattr(execution, "describe", lambda cores, pools: Environment())
    monkeypatch.setattr(execution, "changed_since", lambda run, files: [])
    for module in (execution, finding):
        monkeypatch.setattr(module, "CLAIMS", CLAIMS)
        monkeypatch.setattr(module, "chapter_of", lambda number: "A chapter")
    Here.failing, Here.asked = {}, []
    with open_store(tmp_path / "r.db") as opened:
        yield opened


def measured(store, *earlier, numbers=(1, 2, 3)):
    return explore(ClaimsAsked(numbers, quick=True), store, Progress(), *earlier)


def test_all_are_stored_and_those_with_times_come_last(store):
    done = measured(store)
    assert Here.asked == [1, 3, 2]
    assert [one.number for one in done.findings] == [1, 2, 3]
    assert [one.number for one in store.findings(done.run.id)] == [1, 3, 2]
    assert (done.exit_code, done.run.status) == (0, "finished")


def test_one_that_dies_costs_itself_and_is_measured_by_the_next_resume(store):
    Here.failing = {3: WorkerFailure("crashed", "crashed: signal 9")}
    done = measured(store)
    assert [(one.status, one.reason) for one in done.findings][2] == (
        "crashed",
        "crashed: signal 9",
    )
    assert done.exit_code == 4
    Here.asked = []
    asked, earlier, run_id = resumed(store, done.run.id, ClaimsAsked((), jobs=1))
    again = explore(asked, store, Progress(), earlier, run_id)
    assert Here.asked == [3]
    assert (again.exit_code, again.run.id) == (0, done.run.id)
    assert [one.status for one in store.findings(run_id)] == ["ok", "ok", "ok"]


def test_time_that_is_over_leaves_what_was_measured(store):
    Here.failing = {2: WorkerFailure("inconclusive", "the time for the whole was spent")}
    done = measured(store)
    assert [one.status for one in done.findings] == ["ok", "timeout", "ok"]
    assert done.exit_code == 4


def test_an_interrupt_keeps_what_was_measured(store):
    Here.failing = {3: KeyboardInterrupt()}
    done = measured(store)
    assert (done.run.status, done.exit_code) == ("interrupted", 130)
    assert [one.number for one in store.findings(done.run.id)] == [1]


def test_a_backend_that_is_not_installed_is_left_out_and_named(store, monkeypatch):
    absent = "torch is not installed; type: pip install 'gradparity[torch]'"
    monkeypatch.setattr(finding, "lacking", lambda name: absent if name == "torch" else "")
    (one,) = measured(store, numbers=(1,)).findings
    assert one.sentence == "by numpy"
    assert one.left_out == {"torch": absent}


def test_without_any_of_its_backends_there_is_no_finding(monkeypatch):
    monkeypatch.setattr(finding, "CLAIMS", CLAIMS)
    monkeypatch.setattr(finding, "chapter_of", lambda number: "A chapter")
    monkeypatch.setattr(finding, "lacking", lambda name: f"{name} is not installed")
    with pytest.raises(InputError, match="numpy is not installed; torch is not installed"):
        finding.found(1, True)


def test_a_run_of_another_kind_or_of_other_code_is_not_taken_up(store, monkeypatch):
    done = measured(store, numbers=(1,))
    monkeypatch.setattr(execution, "changed_since", lambda run, files: ["source"])
    with pytest.raises(InputError, match="not the same source as then"):
        resumed(store, done.run.id, ClaimsAsked(()))
    with pytest.raises(StoreError, match="has no run"):
        resumed(store, "none", ClaimsAsked(()))


def test_a_claim_whose_hosts_were_lost_says_so():
    one = ClaimRecipe(1.0, True).lost(5, "host a, twice")
    assert (one.number, one.status, one.reason) == (5, "lost", "host a, twice")


def test_what_is_called_off_is_not_begun():
    stop = Event()
    stop.set()
    crew = ClaimRecipe(1.0, True).hire(Workbench((0,), Path(), stop, print))
    with pytest.raises(execution.Stopped):
        crew.run(1)
