"""The claims of a race's report, recomputed from its raw histories by other code.

    gradparity train xor regression softmax-digits mlp-digits --optimizer gd,...,trust-region \\
        --seeds 10 --tune 16 --space lr=1e-4:3:log,momentum=0.5:0.99 ...
    gradparity show --format json --histories > race.json
    gradparity export --format markdown > race.md
    python -m tests.benchmarks.race_claims race.json race.md

Plain Python and SciPy, nothing of gradparity: targets, who wins on which instance, p-values, Holm's
correction, the best of the trials, their cost, and the median final losses are computed anew from
the losses at every step, and held against what the report says. Ends with 1 where one differs.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter, defaultdict
from statistics import median, median_high
from typing import Any

from scipy.stats import binomtest

TAU = 1e-3
TRIALS_FROM = 1_000_000_000
Case = tuple[str, int]


def main(race: str, report: str) -> int:
    """Check a report; how many claims differ, each printed."""
    with open(race, encoding="utf-8") as file:
        document = json.load(file)
    with open(report, encoding="utf-8") as file:
        text = file.read()
    descents = document["descents"]
    raced = [d for d in descents if d["seed"] < TRIALS_FROM]
    trials = [d for d in descents if d["seed"] >= TRIALS_FROM]
    faults, checked = [], Counter[str]()
    f_star = lowest(raced)
    costs = {(d["optimizer"], *case(d)): cost(d, f_star[case(d)]) for d in raced}
    faults += pairs(document["differences"], costs, checked)
    faults += winners(raced, trials, checked)
    faults += figures(raced, trials, text, checked)
    if not checked:
        faults.append("the report makes no claim: is the race finished?")
    for fault in faults:
        print(f"DIFFERS: {fault}")
    print(f"{sum(checked.values())} claims recomputed: {dict(checked)}; {len(faults)} differ")
    return len(faults)


def case(descent: dict[str, Any]) -> Case:
    """An instance: the problem and its seed."""
    return f"{descent['problem']} {descent['size']}", descent["seed"]


def lowest(raced: list[dict[str, Any]]) -> dict[Case, float]:
    """f* of each instance: the known minimum, or the lowest loss of any iterate."""
    found: dict[Case, float] = {}
    for d in raced:
        losses = [x for x in d["history"]["losses"] if x is not None]
        least = min([*losses, *(x for x in (d["final_loss"],) if x is not None)])
        known = d["minimum"]
        found[case(d)] = known if known is not None else min(least, found.get(case(d), math.inf))
    return found


def cost(descent: dict[str, Any], f_star: float) -> tuple[float, float]:
    """Evaluations to f* + τ (f0 - f*) and 0; infinity and the loss at the end without."""
    history, first = descent["history"], descent["first_loss"]
    limit = f_star + TAU * (first - f_star)
    for loss, evaluations in zip(history["losses"], history["evaluations"], strict=True):
        if loss is not None and loss <= limit:
            return evaluations, 0.0
    final = descent["final_loss"]
    lost = final is None or descent["status"] == "diverged"
    return math.inf, math.inf if lost else final - (descent["minimum"] or 0.0)


def pairs(
    claims: list[dict[str, Any]], costs: dict[tuple[str, str, int], Any], checked: Counter[str]
) -> list[str]:
    """Every claim of who is better than whom."""
    scores: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    balance: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    names = list(dict.fromkeys(key[0] for key in costs))
    cases = list(dict.fromkeys(key[1:] for key in costs))
    for first in names:
        for second in names:
            for one in cases:
                a, b = costs[(first, *one)], costs[(second, *one)]
                scores[first, second]["win" if a < b else "loss" if b < a else "tie"] += 1
                balance[first, second][one[0].split(" ")[0]] += (a < b) - (b < a)
    ps, over = {}, {}
    for claim in claims:
        key = claim["first"], claim["second"]
        wins, losses = scores[key]["win"], scores[key]["loss"]
        ps[key] = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
        won, lost = (sum(sign * x > 0 for x in balance[key].values()) for sign in (1, -1))
        over[key] = binomtest(won, won + lost).pvalue if won + lost else 1.0
    corrected, of_problems = by_holm(ps), by_holm(over)
    faults = []
    for claim in claims:
        key = claim["first"], claim["second"]
        score = scores[key]
        checked["pairs"] += 1
        if (claim["wins"], claim["losses"], claim["ties"]) != (
            *(score["win"], score["loss"]),
            score["tie"],
        ):
            faults.append(f"{key}: {score}, report {claim['wins']}:{claim['losses']}")
        if not math.isclose(claim["p"], ps[key], rel_tol=1e-9):
            faults.append(f"{key}: p {ps[key]}, report {claim['p']}")
        if not math.isclose(claim["adjusted"], corrected[key], rel_tol=1e-9):
            faults.append(f"{key}: corrected {corrected[key]}, report {claim['adjusted']}")
        if not math.isclose(claim["adjusted_problems"], of_problems[key], rel_tol=1e-9):
            told = claim["adjusted_problems"]
            faults.append(f"{key}: over problems {of_problems[key]}, report {told}")
    return faults


def by_holm(ps: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """The p-values, corrected for how many they are."""
    corrected, largest = {}, 0.0
    for place, key in enumerate(sorted(ps, key=lambda key: ps[key])):
        largest = max(largest, min(1.0, (len(ps) - place) * ps[key]))
        corrected[key] = largest
    return corrected


def winners(
    raced: list[dict[str, Any]], trials: list[dict[str, Any]], checked: Counter[str]
) -> list[str]:
    """What was raced is the best of the trials: no other ended lower, of those that ended well."""
    tried: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = defaultdict(dict)
    for d in trials:
        setting = json.dumps([d["rate"], d["options"]], sort_keys=True)
        tried[f"{d['problem']} {d['size']}", d["optimizer"]].setdefault(setting, []).append(d)
    faults = []
    for d in raced:
        settings = tried.get((case(d)[0], d["optimizer"]))
        if settings is None:
            continue
        mine = json.dumps([d["rate"], d["options"]], sort_keys=True)
        ends = {setting: median_high(map(end, made)) for setting, made in settings.items()}
        checked["settings"] += 1
        if mine not in ends or ends[mine] > min(ends.values()) + rounding(settings):
            faults.append(f"{case(d)}, {d['optimizer']}: {mine} is not the best of its trials")
    return faults


def end(descent: dict[str, Any]) -> float:
    """The loss at the end above the minimum; -inf at a target, inf where it diverged."""
    if descent["status"] == "target":
        return -math.inf
    final = descent["final_loss"]
    if final is None or descent["status"] == "diverged":
        return math.inf
    return float(final - (descent["minimum"] or 0.0))


def rounding(settings: dict[str, list[dict[str, Any]]]) -> float:
    """What of a loss above its minimum is nothing but rounding."""
    firsts = [abs(d["first_loss"]) for made in settings.values() for d in made]
    return 2.0**-52 * max([*firsts, 1e-300])


def figures(
    raced: list[dict[str, Any]], trials: list[dict[str, Any]], text: str, checked: Counter[str]
) -> list[str]:
    """The median final loss and the cost of tuning of every line of the first sheets."""
    faults = []
    for part in re.split(r"\n\*\*(?=[^*\n]+ · )", "\n" + text)[1:]:
        problem = part.split(" · ")[0].strip().replace("\\", "")
        head, _, *lines = [line for line in part.splitlines() if line.startswith("|")]
        columns = [name.strip() for name in head.strip("|").split("|")]
        for line in lines:
            words = [word.strip().strip("*") for word in line.strip("|").split("|")]
            cells = dict(zip(columns, words, strict=False))
            if line.startswith("|  |") or "final loss" not in cells or "optimizer" in words:
                break
            name = cells["optimizer"].replace("\\", "")
            mine = [d for d in raced if (case(d)[0], d["optimizer"]) == (problem, name)]
            finals = [math.inf if d["final_loss"] is None else d["final_loss"] for d in mine]
            told = float(cells["final loss"].replace("\\", "").split(" ")[0])
            checked["final losses"] += 1
            if not math.isclose(told, median(finals), rel_tol=6e-3):
                faults.append(f"{problem}, {name}: final {median(finals)}, report {told}")
            cost = sum(
                d["evaluations"] for d in trials if (case(d)[0], d["optimizer"]) == (problem, name)
            )
            checked["tuning costs"] += 1
            if cost != int(cells["tuning"].replace(",", "").replace("–", "0")):
                faults.append(f"{problem}, {name}: tuning took {cost}, report {cells['tuning']}")
    return faults


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:3]) else 0)
