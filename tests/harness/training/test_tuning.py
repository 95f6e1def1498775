"""Tuning: a space becomes trials, the best of which is raced, and the cost is counted."""

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest

import gradparity
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race import race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.harness.training.resume import resume_race
from gradparity.harness.training.space import space, trials
from gradparity.problems import InputError
from gradparity.results.race_tables.document import to_csv, to_markdown
from gradparity.results.races.race import contests
from gradparity.results.races.tuning import is_trial, raced, tuned
from gradparity.results.store.store import open_store

SPACE = "lr=1e-4:1:log,momentum=0:0.99"


def test_a_space_is_drawn_from_evenly_in_the_logarithm():
    found = trials("momentum", space(SPACE), 1000, 0)
    rates = np.log10([one["lr"] for one in found])
    momenta = np.array([one["momentum"] for one in found])
    assert ((rates >= -4) & (rates <= 0)).all()
    assert ((momenta >= 0) & (momenta <= 0.99)).all()
    # One in each thousandth: the mean of uniforms to a thousandth of the range.
    assert rates.mean() == pytest.approx(-2, abs=4e-3)
    assert momenta.mean() == pytest.approx(0.495, abs=1e-3)
    assert abs(np.corrcoef(rates, momenta)[0, 1]) < 0.1
    assert found == trials("momentum", space(SPACE), 1000, 0)
    assert found != trials("momentum", space(SPACE), 1000, 1)


def test_everybody_is_tuned_in_what_he_has():
    found = space("lr=0.1:1:log,momentum=0:0.9,adam.beta2=0.9:0.99,beta2=0.5:0.6")
    assert set(trials("gd", found, 2, 0)[0]) == {"lr"}
    assert set(trials("momentum", found, 2, 0)[0]) == {"lr", "momentum"}
    assert all(0.9 <= one["beta2"] <= 0.99 for one in trials("adam", found, 9, 0))
    assert trials("lbfgs", found, 5, 0) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" , ", "empty"),
        ("lr=1:1", "is empty"),
        ("lr=1:0.1:log", "is empty"),
        ("lr=0:1:log", "above 0"),
        ("lr=0:1", "above 0"),
        ("lr=-1:1", "above 0"),
        ("momentum=-1:1:log", "above 0"),
        ("lr=a:b", "numbers"),
        ("lr=nan:1", "is empty"),
        ("lr=1:inf", "is empty"),
        ("lr", "it should be"),
        ("lr=0.1", "it should be"),
        ("lr=0.1:1:cube", "it should be"),
        ("lr=0.1:1,lr=1:2", "twice"),
        ("momentm=0:0.9", "did you mean 'momentum'"),
        ("adma.beta2=0.9:0.99", "unknown optimizer"),
        ("momentum=0:1.5", "momentum"),
    ],
)
def test_a_space_that_is_none_is_one_line(text, said):
    options = RaceOptions(optimizers=("momentum", "adam"), tune=3, space=text)
    with pytest.raises(InputError) as told:
        plan_race(["booth"], options)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def made(tmp_path, **more):
    return gradparity.train(
        *("booth", "quadratic"),
        optimizers=["gd", "momentum", "lbfgs"],
        seeds=3,
        steps=60,
        tune=4,
        tune_seeds=2,
        space="lr=1e-3:0.1:log,momentum=0:0.9",
        store=tmp_path / "results.db",
        **more,
    )


def test_a_race_is_tuned_raced_and_its_cost_is_counted(tmp_path):
    found = made(tmp_path)
    tried = [d for d in found.descents if is_trial(d)]
    # Two problems, two optimisers with something to tune, four trials, two starts.
    assert len(tried) == 2 * 2 * 4 * 2
    run = raced(found.run, found.descents)
    assert len(run) == 2 * 3 * 3
    assert all(d.options == {} for d in run)
    costs = tuned(found.run, found.descents)
    for problem in ("booth", "quadratic"):
        for name in ("gd", "momentum"):
            mine = [d for d in tried if (d.problem, d.optimizer) == (problem, name)]
            one = costs[problem, "tiny", "float64", "numpy", name]
            assert (one.trials, one.descents) == (4, 8)
            assert one.evaluations == sum(d.evaluations for d in mine)
            ends = {}
            for d in mine:
                loss = math.inf if d.diverged else d.final_loss
                ends.setdefault((d.rate, d.options.get("momentum")), []).append(loss)
            # The best by the worse of its two starts, as the median of two failures counts.
            best = min(ends, key=lambda key: max(ends[key]))
            assert (one.settings["lr"], one.settings.get("momentum")) == best
            assert {d.rate for d in run if (d.problem, d.optimizer) == (problem, name)} == {best[0]}
    assert ("booth", "tiny", "float64", "numpy", "lbfgs") not in costs
    contest = contests(run, costs)[0]
    assert sum(line.tuned is not None for line in contest.standings) == 2
    rows = list(csv.DictReader(io.StringIO(to_csv(found.run, found.descents))))
    assert sum(row["trial"] == "True" for row in rows) == len(tried)
    assert "Tuning: evaluations" in to_markdown(found.run, found.descents)


def test_a_tuned_race_is_taken_up_where_it_was_left(tmp_path):
    whole = made(tmp_path)
    trials_only = [d for d in whole.descents if is_trial(d)]
    for kept in (whole.descents[:5], trials_only, whole.descents[:-4]):
        with open_store(tmp_path / "results.db") as opened:
            name = f"part-{len(kept)}"
            opened.begin(replace(whole.run, id=name, status="interrupted"))
            for descent in kept:
                opened.add_descent(name, descent)
            plan, earlier, _ = resume_race(opened, name)
            again = race(plan, opened, Progress(), earlier)
        assert len(again.descents) == len(whole.descents)
        for one, other in zip(whole.descents, again.descents, strict=True):
            assert (one.problem, one.optimizer, one.seed) == (
                other.problem,
                other.optimizer,
                other.seed,
            )
            assert one.history.losses.tobytes() == other.history.losses.tobytes()


def test_the_order_of_descents_is_that_of_the_plan_however_many_work(tmp_path):
    spec = {"optimizers": ["gd", "adam"], "seeds": 4, "steps": 30, "store": tmp_path / "r.db"}
    one = gradparity.train("booth", "beale", **spec)
    two = gradparity.train("booth", "beale", jobs=2, **spec)
    assert [(d.problem, d.optimizer, d.seed) for d in one.descents] == [
        (d.problem, d.optimizer, d.seed) for d in two.descents
    ]


def test_a_best_rate_at_the_end_of_its_grid_is_said(tmp_path):
    spec = {"optimizers": ["gd"], "steps": 50, "store": tmp_path / "r.db"}
    low = gradparity.train("quadratic", rates="1e-4:1e-2:log3", **spec)
    (contest,) = contests(low.descents)
    best = next(line for line in contest.standings if line.best)
    assert best.tuned.edges == ("lr up",)
    assert best.tuned.evaluations == 150
    assert "extend it: gd on quadratic (lr up)" in to_markdown(low.run, low.descents)
    wide = gradparity.train("quadratic", rates="1e-3:10:log9", **spec)
    (contest,) = contests(wide.descents)
    assert next(line for line in contest.standings if line.best).tuned.edges == ()
