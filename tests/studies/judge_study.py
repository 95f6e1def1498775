"""Our judge beside the field's checkers, on the same planted bugs.

    python -m tests.studies.judge_study [BUGS] [--record FILE] [--minutes N]

Writes docs/judge-study.md once nothing is left to do. The bugs are drawn from those of
`planted_bugs.py` with seeds on which neither the judge nor the diagnosis was developed. A record
has a line for what there is to draw from, for every instance, and for every set that is written out
by hand (`in_pieces.py`); without a record all is done anew.
"""

import argparse
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems.catalogue import PROBLEMS
from tests.backends.numpy_backprop.numpy_answers import answered
from tests.studies.bug_families import PRECISION
from tests.studies.field_checkers import CHECKERS, scipy_check_grad
from tests.studies.in_pieces import Unfinished, gathered, until, with_record
from tests.studies.judge_study_page import page
from tests.studies.mistaken_backprop import MODELS
from tests.studies.planted_bugs import changes, instances, planted_in

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
    u: the largest departure in float64. stated: whether the cause is stated as a fact. seconds: of
    processor time that verdict and diagnosis took, without the truth.
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


def kinds_in(name, size, seed):
    """(the kind of each bug of an instance, how many were left out)."""
    counted = Counted()
    return [bug.kind for bug in planted_in(name, size, seed, counted)], counted.left_out


def drawn(found, count, seed=DRAW):
    """{instance: the places of its bugs that are drawn}, `count` at random, in the order of `found`.

    found: {instance: the kinds of its bugs}. Of every kind there is one at least, if there is room.
    """
    rng = np.random.default_rng(seed)
    every = [(key, at, kind) for key, kinds in found.items() for at, kind in enumerate(kinds)]
    order = [every[i] for i in rng.permutation(len(every))]
    seen: Counter = Counter()
    rank = []
    for _, _, kind in order:
        rank.append(seen[kind] > 0)
        seen[kind] += 1
    grouped = {key: [] for key in found}
    for i in np.argsort(rank, kind="stable")[:count]:
        key, at, _ = order[i]
        grouped[key].append(at)
    return grouped


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
        start = time.process_time()
        found, *answers = self.judged(wide, narrow)
        status = found.status
        caught = status in (IMPRECISE if kind in PRECISION else WRONG)
        cause, stated = self._cause(found, answers) if kind and caught else ("", False)
        seconds = time.process_time() - start
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


def outcomes(name, size, seed, places):
    """[the outcome of the right gradient, and of each bug at these places]."""
    where = f"{name}, {size}, seed {seed}"
    with np.errstate(all="ignore"):
        bench = Bench(EVERY[name], EVERY[name].instance(size, seed), where)
        bugs = planted_in(name, size, seed) if places else []
        return [
            bench.outcome(*right_answers(name, EVERY[name].instance(size, seed))),
            *(bench.outcome(b.got, b.narrow, b.kind, b.accepted) for b in map(bugs.__getitem__, places)),
        ]  # fmt: skip


@dataclass(frozen=True)
class Study:
    """What came of it.

    bugs, right: their outcomes. pooled: how many bugs there are to draw from; left_out: how many
    change nothing.
    """

    bugs: list[Outcome]
    right: list[Outcome]
    pooled: int
    left_out: int


def study(count, seeds=SEEDS, sizes=SIZES, only=None, record=None, **how):
    """Judge `count` bugs, and every right gradient.

    only: problems to look at, None for all. record: a file that is gone on with. how: `until` and
    `cluster`, for `gathered`.
    Raises: Unfinished if the time ends first.
    """
    keys = [key for key in instances(seeds, sizes) if only is None or key[0] in only]
    named = {" ".join(map(str, key)): key for key in keys}
    with _record(record) as file:
        pooled = gathered(
            file, [(f"pool {n}", partial(kinds_in, *key)) for n, key in named.items()], **how
        )
        chosen = drawn({n: pooled[f"pool {n}"][0] for n in named}, count)
        pieces = [(f"bugs {n}", partial(_told, *named[n], at)) for n, at in chosen.items()]
        found = [list(map(_read, one)) for one in gathered(file, pieces, **how).values()]
    bugs, right = [one for _, *own in found for one in own], [one for one, *_ in found]
    kinds, left_out = zip(*pooled.values(), strict=True)
    return Study(bugs, right, sum(map(len, kinds)), sum(left_out))


def _told(*args):
    return [asdict(one) | {"accused": sorted(one.accused)} for one in outcomes(*args)]


def _read(told):
    return Outcome(**told | {"accused": frozenset(told["accused"])})


def _networks():
    from tests.studies.network_bugs import network_bugs

    return [
        (name, asdict(one) | {"accused": sorted(one.accused)}, said)
        for name, one, said in network_bugs()
    ]


@contextmanager
def _record(record):
    """The file, or one that is forgotten."""
    if record is not None:
        yield record
        return
    with TemporaryDirectory() as anew:
        yield Path(anew) / "record.jsonl"


def main():
    from tests.studies.written_sets import SETS, AwkwardSet, WrittenSet, awkward_set

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bugs", type=int, nargs="?", default=BUGS)
    with_record(parser, None)
    given = parser.parse_args()
    how = {"until": until(given.minutes), "cluster": given.cluster}
    pieces = {
        **{f"set {what}": lambda own=own: asdict(own()) for what, own in SETS.items()},
        "awkward": lambda: asdict(awkward_set()),
        "networks": _networks,
    }
    with _record(given.record) as file:
        try:
            *sets, awkward, networks = gathered(file, pieces.items(), **how).values()
            found = study(given.bugs, record=file, **how)
        except Unfinished as left:
            sys.exit(f"not finished: {left}; the same command goes on")
    text = page(
        found,
        [(name, _read(one), said) for name, one, said in networks],
        [WrittenSet(**one) for one in sets],
        AwkwardSet(**awkward),
        SEEDS,
        DRAW,
    )
    Path("docs/judge-study.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
