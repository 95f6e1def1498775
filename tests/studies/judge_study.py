"""Our judge beside the field's checkers, on the same planted bugs: python -m tests.studies.judge_study [BUGS].

Prints a page in Markdown and writes it to docs/judge-study.md. The bugs are drawn from those of
`planted_bugs.py` with seeds on which neither the judge nor the diagnosis was developed.
"""

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems.catalogue import PROBLEMS
from tests.backends.numpy_backprop.numpy_answers import answered
from tests.studies.bug_families import PRECISION
from tests.studies.field_checkers import CHECKERS, scipy_check_grad
from tests.studies.judge_study_page import page
from tests.studies.mistaken_backprop import MODELS
from tests.studies.planted_bugs import changes, planted

BUGS, SEEDS, SIZES = 1000, (1, 2), ("tiny", "small")
DRAW = 0
WRONG = ("formula", "dtype-leak", "nonfinite")
IMPRECISE = (*WRONG, "unstable", "low-precision")
EVERY = {**PROBLEMS, **{name: problem for name, (problem, _) in MODELS.items()}}


@dataclass(frozen=True)
class Outcome:
    """What became of one gradient.

    kind: of the bug; "" for a right gradient. status: our verdict. caught: whether that is an
    accusation. cause: of the diagnosis, "" without one; named: whether it is an accepted one, None
    if the bug has no cause. accused: the field's checkers that say "wrong". scipy: the norm.
    u: the largest departure in float64. stated: whether the cause is stated as a fact. seconds: what
    verdict and diagnosis took, without the truth.
    """

    kind: str
    where: str
    status: str
    caught: bool
    cause: str
    named: bool | None
    accused: frozenset[str]
    scipy: float
    u: float = 0.0
    stated: bool = False
    seconds: float = 0.0

    @property
    def false(self):
        """Whether a cause is stated that is not the planted one."""
        return self.stated and self.named is not True


class Counted:
    """`changes`, which counts the bugs that change nothing."""

    def __init__(self):
        self.left_out = 0

    def __call__(self, right, wrong):
        found = changes(right, wrong)
        self.left_out += not found
        return found


def pool(seeds, sizes):
    """({(problem, size, seed): its bugs}, how many were left out)."""
    counted, found = Counted(), defaultdict(list)
    for seed in seeds:
        for size in sizes:
            for bug in planted(size, seed, counted):
                found[bug.problem, size, seed].append(bug)
    return dict(found), counted.left_out


def drawn(found, count, seed=DRAW):
    """`count` of the bugs at random, of every kind one at least if there is room, by instance."""
    rng = np.random.default_rng(seed)
    every = [(key, bug) for key, bugs in found.items() for bug in bugs]
    order = [every[i] for i in rng.permutation(len(every))]
    seen: Counter = Counter()
    rank = []
    for _, bug in order:
        rank.append(seen[bug.kind] > 0)
        seen[bug.kind] += 1
    chosen = [order[i] for i in np.argsort(rank, kind="stable")[:count]]
    grouped = defaultdict(list)
    for key, bug in chosen:
        grouped[key].append(bug)
    return {key: grouped[key] for key in found if key in grouped}


def right_answers(problem, instance):
    """The gradient by hand in float64 and in float32."""
    if problem in MODELS:
        backprop = MODELS[problem][1]
        short = {name: x.astype(np.float32) for name, x in instance.params.items()}
        return backprop(instance.params, instance.data), backprop(short, instance.data)
    return tuple(
        answered(problem, "gradient", instance, dtype).derivative
        for dtype in ("float64", "float32")
    )


def narrowed(wide):
    return {name: np.asarray(x).astype(np.float32) for name, x in wide.items()}


class Bench:
    """All checkers, built for one problem at one instance."""

    def __init__(self, problem, instance, where, checkers=CHECKERS):
        self.truth, self.where = Truth(problem, instance), where
        self.asks = {name: make(problem.loss, instance) for name, make in checkers.items()}
        self.norm = scipy_check_grad(problem.loss, instance)

    def outcome(self, wide, narrow, kind="", accepted=None):
        """narrow: None if the bug was planted in float64 alone; then the same, rounded."""
        narrow = narrowed(wide) if narrow is None else narrow
        start = time.perf_counter()
        found, *answers = self.judged(wide, narrow)
        status = found.status
        caught = status in (IMPRECISE if kind in PRECISION else WRONG)
        cause, stated = self._cause(found, answers) if kind and caught else ("", False)
        seconds = time.perf_counter() - start
        return Outcome(
            kind,
            self.where,
            status,
            caught if kind else status not in ("ok", "convention"),
            cause,
            None if accepted is None else cause in accepted,
            frozenset(name for name, ask in self.asks.items() if ask(wide, narrow)),
            self.norm(wide, narrow),
            found.u64,
            stated,
            seconds,
        )

    def judged(self, wide, narrow):
        """(the finding, the float64 answer, the float32 answer), with the right value."""
        answers = [
            Answer(np.asarray(self.truth.exact[""], dtype), gradient)
            for dtype, gradient in ((np.float64, wide), (np.float32, narrow))
        ]
        return judge_pair(self.truth, *answers), *answers

    def _cause(self, found, answers):
        """(the diagnosis' cause, whether it is stated); other verdicts have words of their own."""
        if found.status != "formula":
            imprecise = found.status in IMPRECISE and found.status != "nonfinite"
            return ("precision" if imprecise else found.status), False
        cause = diagnosed(self.truth, found, *answers).diagnosis.cause
        return cause.key, cause.sure and cause.key not in ("other", "none")


def study(count, seeds=SEEDS, sizes=SIZES, only=None, everywhere=False, tell=lambda text: None):
    """(outcomes of the bugs, of the right gradients, how many bugs there are, how many left out).

    only: problems to look at, None for all. everywhere: whether right gradients are also asked about
    where no bug was drawn.
    """
    found, left_out = pool(seeds, sizes)
    within = [key for key in found if only is None or key[0] in only]
    chosen = drawn({key: found[key] for key in within}, count)
    if everywhere:
        chosen = {key: chosen.get(key, []) for key in within}
    bugs, right = [], []
    with np.errstate(all="ignore"):
        for number, ((name, size, seed), group) in enumerate(chosen.items(), 1):
            tell(f"{number} of {len(chosen)}: {name}, {size}, seed {seed}, {len(group)} bugs")
            instance = EVERY[name].instance(size, seed)
            bench = Bench(EVERY[name], instance, f"{name}, {size}, seed {seed}")
            right.append(bench.outcome(*right_answers(name, instance)))
            for bug in group:
                bugs.append(bench.outcome(bug.got, bug.narrow, bug.kind, bug.accepted))
    return bugs, right, sum(map(len, found.values())), left_out


def main(arguments):
    from tests.studies.network_bugs import network_bugs
    from tests.studies.written_sets import awkward_set, written_sets

    count = int(arguments[0]) if arguments else BUGS
    found = study(
        count, everywhere=True, tell=lambda text: print(text, file=sys.stderr, flush=True)
    )
    text = page(*found, network_bugs(), written_sets(), awkward_set(), SEEDS, DRAW)
    Path("docs/judge-study.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
