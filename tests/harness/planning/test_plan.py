import pytest

import gradparity as gp
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Subject, make_plan
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from gradparity.results.store.store import open_store
from tests.harness.files import GOOD


def names(plan):
    return [(w.problem.name, w.size, w.operator, w.setting.dtype) for w in plan.workloads]


def test_a_family_means_its_members():
    plan = make_plan(["price"], Options())
    assert {w.problem.name for w in plan.workloads} >= {"price-linear", "price-ad-log"}
    assert all(w.problem.name.startswith("price-") for w in plan.workloads)


def test_sizes_are_filtered_and_duplicates_dropped():
    plan = make_plan(["rosenbrock", "rosenbrock", "himmelblau"], Options(sizes=("large", "tiny")))
    assert names(plan) == [
        ("rosenbrock", "tiny", "gradient", "float64"),
        ("rosenbrock", "large", "gradient", "float64"),
        ("himmelblau", "tiny", "gradient", "float64"),
    ]


def test_idiomatic_subjects_follow_their_backend():
    plan = make_plan(["mlp-digits"], Options(backends=("numpy", "torch")))
    assert plan.subjects(plan.workloads[0]) == [
        Subject("numpy"),
        Subject("torch"),
        Subject("torch", "idiomatic"),
    ]


def test_the_default_is_the_quick_suite():
    assert make_plan([], Options()).name == "quick"


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        (["rosenbrok"], {}, "unknown suite or problem 'rosenbrok'; did you mean 'rosenbrock'? known: "),
        (["xor"], {"backends": ("trch",)}, "unknown backend 'trch'; did you mean 'torch'? known: numpy, "),
        (["xor"], {"sizes": ("hugE",)}, "unknown size 'hugE'; known: tiny, small, medium"),
        (["xor"], {"dtypes": ("float46",)}, "unknown dtype 'float46'; did you mean 'float64'? known: "),
        (["xor"], {"operators": ("grad",)}, "unknown operator 'grad'; did you mean 'gradient'? known: "),
        (["xor"], {"device": "cua"}, "unknown device 'cua'"),
        (["xor"], {"reference": "jux"}, "unknown reference backend 'jux'; did you mean 'jax'? known: "),
        (["xor"], {"rounds": 0}, "rounds is 0; it should be at least 1"),
        (["xor"], {"timeout_s": float("nan")}, "timeout is nan; it should be at least 1"),
        (["no_such.py"], {}, "no_such.py: no such file"),
        (["no_such.toml"], {}, "suite no_such.toml: No such file or directory"),
    ],
)  # fmt: skip
def test_bad_names_are_one_line(targets, options, message):
    with pytest.raises(InputError) as caught:
        make_plan(targets, Options(**options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("call", [gp.run, gp.train])
@pytest.mark.parametrize("name", ["backends", "sizes", "dtypes"])
def test_one_name_is_not_taken_for_a_list_of_letters(call, name):
    with pytest.raises(InputError, match=rf"{name} is 'numpy'; give a list of names: \['numpy'\]"):
        call("booth", **{name: "numpy"})


def written(folder, *names, text=GOOD):
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return [str(folder / name) for name in names]


def test_two_files_with_a_problem_of_one_name_are_refused_with_both(tmp_path):
    one, other = written(tmp_path, "a.py", "sub/a.py")
    plan = make_plan([one, other], Options())
    assert [w.file for w in plan.workloads] == [one, one, other, other]  # `check` may have both
    told = f"{one} and {other} both have a problem 'mine', and a run can have one of a name"
    with pytest.raises(InputError, match=told):
        plan.refuse_clashes()
    with pytest.raises(InputError, match=told):
        plan_race([one, other], RaceOptions())
    with pytest.raises(InputError, match=told):
        gp.run(one, other, store=tmp_path / "r.db")
    assert not (tmp_path / "r.db").exists() or not gp_runs(tmp_path / "r.db")


def gp_runs(path):
    with open_store(path, read_only=True) as store:
        return store.runs()


def test_a_name_of_ours_in_a_users_file_is_refused_beside_ours(tmp_path):
    (file,) = written(tmp_path, "a.py", text=GOOD.replace('"mine"', '"booth"'))
    make_plan([file], Options()).refuse_clashes()
    with pytest.raises(InputError, match=f"{file} and gradparity itself both have .*'booth'"):
        make_plan([file, "booth"], Options()).refuse_clashes()
    with pytest.raises(InputError, match=f"gradparity itself and {file} both have"):
        plan_race(["booth", file], RaceOptions())


def test_a_file_named_in_two_ways_is_one_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (file,) = written(tmp_path, "a.py")
    (tmp_path / "link.py").symlink_to(file)
    plan = make_plan(["a.py", "./a.py", file, "link.py"], Options())
    assert [w.file for w in plan.workloads] == ["a.py", "a.py"]
    plan.refuse_clashes()
    race = plan_race(["./a.py", "a.py"], RaceOptions(optimizers=("gd",)))
    assert [one.spec.file for one in race.descents] == ["./a.py"]


def test_two_problems_of_one_name_in_a_file_are_refused(tmp_path):
    both = GOOD + "\nfrom dataclasses import replace\nAGAIN = replace(PROBLEM, source='x')\n"
    (file,) = written(tmp_path, "a.py", text=both)
    with pytest.raises(InputError, match="PROBLEM and AGAIN are two problems called 'mine'"):
        make_plan([file], Options())
    (file,) = written(tmp_path, "b.py", text=GOOD + "\nAGAIN = PROBLEM\n")
    assert len(make_plan([file], Options()).workloads) == 2
