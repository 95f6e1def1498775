"""What the teams of a crew leave to each other."""

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.tree import Tree
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.workshop import Workshop


def prepared(folder, tree=None, processes=2):
    """Where JAX has kept what it compiled for two workloads, and how often each team found it."""
    options = Options(backends=("jax",), sizes=("tiny", "small"), processes=processes)
    plan = make_plan(["rosenbrock"], options)
    given = {} if tree is None else {"tree": tree}
    crew = Crew(plan, allowed_cores()[-1:], folder, timing=False, **given)
    workshop = Workshop(crew)
    try:
        crew.start()
        cells = [cell for work in plan.workloads for cell in workshop.cells(work, Progress())]
    finally:
        crew.end()
    printed = [worker.printed.last() for team in crew.teams for worker in team.values()]
    hits = [text.count("cache hit") for text in printed]
    assert [cell.status for cell in cells] == ["ok", "ok"]
    assert all(cell.prepare_s > 0 for cell in cells)
    assert workshop.preparing_s > sum(cell.prepare_s for cell in cells)
    return folder / "compiled", hits


def kept(folder):
    return {path.name for path in folder.iterdir() if "-cache" in path.name}


def test_the_first_team_compiles_and_the_others_find_it(tmp_path, monkeypatch):
    theirs = tmp_path / "theirs"
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(theirs))
    monkeypatch.setenv("JAX_LOG_COMPILES", "1")
    one, two = (tmp_path / name for name in ("one", "two"))
    for folder in (one, two):
        folder.mkdir()
    alone, none = prepared(one, processes=1)
    several, (first, second) = prepared(two)
    assert none == [0]
    assert first == 0
    assert second >= 2  # a program or more of each workload
    assert kept(several / "others") == kept(alone / "others") | kept(alone / "0")
    assert len(kept(several / "others")) >= 2
    assert kept(several / "0") == set()
    assert not theirs.exists()  # what a user has compiled before does not make preparing quick


def test_a_tree_that_keeps_what_is_compiled_has_one_folder_for_all(tmp_path):
    tree = Tree(compiled=tmp_path / "kept")
    compiled, _ = prepared(tmp_path, tree)
    assert not compiled.exists()
    assert len(kept(tree.compiled)) >= 2
