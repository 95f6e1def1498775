"""Are right gradients ever accused? Judge all that are available, and print the worst.

python -m tests.studies.right_gradients_study SEEDS [--fewer N] [--sizes tiny,small]
    [--operators gradient] [--backends numpy,tape,jax,torch] [--problems mlp-digits]
    [--out docs/right-gradients.md] [--record FILE] [--minutes N]

Problems that are slow to judge (`SLOW`) are judged at N seeds instead.

Each backend's answers in both dtypes are judged at instances as drawn and near the minimum, and with
the loss scaled by 10⁻⁶ and 10⁶. An operator is prepared once for all seeds and states: nothing that
depends on values may be in it. `--sizes large --problems mlp-digits` is the largest network.

With a record it goes in pieces (`in_pieces.py`), a problem at a size and a seed each; without one
all is done anew. The page is written once nothing is left.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.backends import Setting, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.judging.gradient_check import checked
from gradparity.harness.judging.truth import Truth
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.networks.learners import NETWORKS
from gradparity.problems.science.catalogue import PROBLEMS as SCIENCE
from gradparity.problems.systems.catalogue import PROBLEMS as SYSTEMS
from tests.studies.in_pieces import Unfinished, gathered, until, with_record
from tests.studies.right_gradients_report import markdown
from tests.studies.states import STATES, TimesFactor, in_state, is_scaled

BACKENDS = ("numpy", "tape", "tape-eager", "jax", "jax-eager", "torch", "torch-func", "autograd")
"""All contestants but torch-compile, which takes many seconds to prepare each operator."""

SLOW = {*SCIENCE, *NETWORKS, *SYSTEMS}
"""Of whose verdicts one takes up to half a minute."""


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
        """The larger u as a part of the bound; of what is right, where it was judged at all."""
        return max(self.part_of(0), self.part_of(1))

    def part_of(self, which: int) -> float:
        """u in float64 (0) or float32 (1) as a part of the bound; 0 where a right one has none."""
        part = self.parts[which]
        return part if math.isfinite(part) or self.accused else 0.0

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
    """Every case. seeds: how many, as `pieces` takes them."""
    for _, find in pieces(seeds, sizes, operators, names, problems, states):
        yield from find()


def pieces(seeds, sizes, operators, names, problems, states=STATES):
    """(its name, what finds its cases) of every problem at a size and a seed.

    seeds: how many, or (how many, how many of the problems of `SLOW`).
    """
    many, fewer = seeds if isinstance(seeds, tuple) else (seeds, seeds)
    for name in problems:
        for size in (size for size in sizes if size in PROBLEMS[name].sizes):
            prepared: dict[Any, Any] = {}
            for seed in range(fewer if name in SLOW else many):
                args = PROBLEMS[name], size, seed, operators, names, states, prepared
                yield f"{name} {size} {seed}", partial(_cases, *args)


def _cases(problem, size, seed, operators, names, states, prepared):
    drawn = problem.instance(size, seed)
    return [
        case
        for state in states
        for operator in operators
        for case in judged(
            problem, drawn, state, operator, names, f"{size} {state} {seed}", prepared
        )
    ]


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


def recorded(
    record: Path, asked: list[Any], minutes: float, cluster: str | None = None
) -> list[Case]:
    """Every case, of what the record lacks and of what it has; the accused go to stderr."""

    def told(find: Callable[[], list[Case]]) -> list[dict[str, Any]]:
        cases = find()
        for case in cases:
            if case.accused:
                print(case.where, file=sys.stderr, flush=True)
        return [asdict(case) for case in cases]

    def every() -> Iterator[tuple[str, Callable[[], Any]]]:
        for name, find in pieces(*asked):
            yield name, partial(told, find)

    found = gathered(record, every(), until(minutes), cluster)
    return [
        Case(**{**case, "parts": tuple(case["parts"])})
        for cases in found.values()
        for case in cases
    ]


def main():
    """Print how many were judged, how many accused, and the worst ten; write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int)
    parser.add_argument("--fewer", type=int, help="seeds of the problems that are slow to judge")
    parser.add_argument("--sizes", default="tiny,small")
    parser.add_argument("--operators", default="gradient")
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--states", default=",".join(STATES))
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    with_record(parser, None)
    given = parser.parse_args()
    lists = [
        text.split(",")
        for text in (given.sizes, given.operators, given.backends, given.problems, given.states)
    ]
    seeds = given.seeds, given.seeds if given.fewer is None else given.fewer
    with tempfile.TemporaryDirectory() as anew:
        record = given.record or Path(anew) / "record.jsonl"
        try:
            cases = recorded(record, [seeds, *lists], given.minutes, given.cluster)
        except Unfinished as left:
            sys.exit(f"not finished: {left}; the same command goes on")
    statuses = Counter(case.status for case in cases)
    accused = sum(case.accused for case in cases)
    print(f"{len(cases)} judged, {accused} accused; {dict(statuses)}")
    for case in sorted(cases, key=lambda case: -case.part)[:10]:
        print(f"{case.part:.3f} C  {case.status:14} {case.where}")
    if given.out is not None:
        given.out.write_text(markdown(cases, seeds, *lists), encoding="utf-8")


if __name__ == "__main__":
    main()
