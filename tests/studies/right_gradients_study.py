"""Are right gradients ever accused? Judge all that are available, and print the worst.

python -m tests.studies.right_gradients_study SEEDS [--sizes tiny,small] [--operators gradient]
    [--backends numpy,tape,jax,torch] [--problems mlp-digits] [--out docs/right-gradients.md]

Each backend's answers in both dtypes are judged at instances as drawn and near the minimum, and with
the loss scaled by 10⁻⁶ and 10⁶. An operator is prepared once for all seeds and states: nothing that
depends on values may be in it. `--sizes large --problems mlp-digits` is the largest network.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradparity.backends import Setting, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.judging.gradient_check import checked
from gradparity.harness.judging.truth import Truth
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from tests.studies.right_gradients_report import markdown
from tests.studies.states import STATES, TimesFactor, in_state, is_scaled

BACKENDS = ("numpy", "tape", "tape-eager", "jax", "jax-eager", "torch", "torch-func", "autograd")
"""All contestants but torch-compile, which takes many seconds to prepare each operator."""


@dataclass(frozen=True)
class Case:
    """One judged pair of answers.

    backend: "torch", "torch (idiomatic)". part: the larger u as a part of the bound, in float64 and
    float32. where: what was judged, and the verdict, in words.
    """

    backend: str
    problem: str
    operator: str
    state: str
    status: str
    parts: tuple[float, float]
    where: str

    @property
    def part(self):
        """The larger u as a part of the bound."""
        return max(self.parts)

    @property
    def accused(self):
        """Whether anything but right is said of it."""
        return self.status not in ("ok", "convention")


def contestants(problem, original, state, names):
    """(label, problem, backend) of all that can compute this problem in this state."""
    for name in names:
        backend = load(name)
        if backend.unavailable():
            continue
        by_hand = name == "numpy" and is_scaled(state)
        yield name, problem, TimesFactor(backend, original) if by_hand else backend
        if name in problem.idiomatic:
            yield f"{name} (idiomatic)", problem.idiomatic_for(name), backend


def study(seeds, sizes, operators, names, problems, states=STATES):
    """Every case."""
    for name in problems:
        problem = PROBLEMS[name]
        for size in (size for size in sizes if size in problem.sizes):
            prepared = {}
            for seed in range(seeds):
                drawn = problem.instance(size, seed)
                for state in states:
                    for operator in operators:
                        where = f"{size} {state} {seed}"
                        yield from judged(problem, drawn, state, operator, names, where, prepared)


def judged(original, drawn, state, operator, names, where, prepared):
    """The cases of one instance, state and operator; `prepared` keeps the operators."""
    if operator == "jacobian" and original.residuals is None:
        return
    problem, instance = in_state(original, drawn, state)
    truth = Truth(problem, instance, operator)
    for label, own, backend in contestants(problem, original, state, names):
        if backend.unsupported(own, operator) or ("idiomatic" in label and operator == "jacobian"):
            continue
        key = label, operator, is_scaled(state), _shapes(instance)
        if key not in prepared:
            prepared[key] = _prepared(own, backend, operator, instance)
        if prepared[key] is None:
            continue
        with np.errstate(all="ignore"):
            answers = [run(instance) for run in prepared[key]]
        found = checked(truth, label, *answers)
        u = found.finding.u64, found.finding.u32
        parts = tuple(float("inf") if x is None else x / truth.bound for x in u)
        said = f"{where} {found.line()} [u64 {_short(u[0])}, u32 {_short(u[1])}]"
        yield Case(label, original.name, operator, state, found.finding.status, parts, said)


def _prepared(problem, backend, operator, instance):
    """The operator in float64 and in float32; None if the backend cannot serve the instance."""
    try:
        with np.errstate(all="ignore"):
            return [
                backend.prepare(problem, operator, instance.zeros(), Setting(dtype))
                for dtype in ("float64", "float32")
            ]
    except (Unsupported, InputError):
        return None


def _shapes(instance):
    arrays = {**instance.params, **instance.data}
    return tuple((name, np.shape(x)) for name, x in arrays.items())


def _short(u):
    return "none" if u is None else f"{u:.3g}"


def followed(cases):
    """The cases, and on the way a line to stderr for every problem and state of things."""
    start, count, accused, at = time.perf_counter(), 0, 0, None
    found = []
    for case in cases:
        now = case.problem, case.where.split()[0]
        if at is not None and now != at:
            _say(*at, count, accused, start)
        at, count, accused = now, count + 1, accused + case.accused
        if case.accused:
            print(case.where, file=sys.stderr, flush=True)
        found.append(case)
    if at is not None:
        _say(*at, count, accused, start)
    return found


def _say(problem, size, count, accused, start):
    seconds = time.perf_counter() - start
    print(
        f"{seconds:6.0f} s  {problem} {size}: {count} judged so far, {accused} accused",
        file=sys.stderr,
        flush=True,
    )


def main():
    """Print how many were judged, how many accused, and the worst ten; write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int)
    parser.add_argument("--sizes", default="tiny,small")
    parser.add_argument("--operators", default="gradient")
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--states", default=",".join(STATES))
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    given = parser.parse_args()
    lists = [
        text.split(",")
        for text in (given.sizes, given.operators, given.backends, given.problems, given.states)
    ]
    cases = followed(study(given.seeds, *lists))
    statuses = Counter(case.status for case in cases)
    accused = sum(case.accused for case in cases)
    print(f"{len(cases)} judged, {accused} accused; {dict(statuses)}")
    for case in sorted(cases, key=lambda case: -case.part)[:10]:
        print(f"{case.part:.3f} C  {case.status:14} {case.where}")
    if given.out is not None:
        given.out.write_text(markdown(cases, given.seeds, *lists), encoding="utf-8")


if __name__ == "__main__":
    main()
