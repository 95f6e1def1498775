"""The sets of wrong gradients that are written out by hand, and of right ones in awkward places.

Each is judged for the study's page.
"""

from dataclasses import dataclass
from functools import partial

from tests.studies.awkward_right_gradients import WRONG, awkward_cases, status_of
from tests.studies.complex_mistakes import complex_outcomes
from tests.studies.lost_values import lost_outcomes
from tests.studies.ordinary_losses import ordinary_outcomes
from tests.studies.random_gradients import random_outcomes
from tests.studies.upstream_mistakes import upstream_outcomes
from tests.studies.written_mistakes import written_outcomes

RANDOM = 300


@dataclass(frozen=True)
class WrittenSet:
    """What became of one set of wrong gradients.

    what: it is, in words. caught, named, false: of the `count`, how many are accused, named (of
    the `caused`, which have a cause to be named), and given another cause as a fact.
    unnamed: the names of those that have one and are not named.
    """

    what: str
    count: int
    caught: int
    caused: int
    named: int
    false: int
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class AwkwardSet:
    """Right gradients in awkward places: how many, of which kinds, and those that are accused."""

    count: int
    kinds: tuple[str, ...]
    accused: tuple[str, ...]
    inaccurate: tuple[str, ...]


def _ordinary():
    return [(o.name, o.status == "formula", o.named, o.false) for o in ordinary_outcomes()]


def _by_chance(what):
    numbers = random_outcomes(RANDOM)
    return WrittenSet(what, len(numbers), len(numbers), 0, 0, sum(one.false for one in numbers))


def hessian_outcomes():
    """(name, caught, named, whether another cause is stated) of every wrong Hessian."""
    from tests.studies.hessian_bugs import BUGS, hessian_finding

    found = []
    for name, (matrix, key, words) in BUGS.items():
        finding = hessian_finding(matrix)
        cause = None if finding.diagnosis is None else finding.diagnosis.cause
        named = cause is not None and cause.key == key and any(w in cause.sentence for w in words)
        stated = cause is not None and cause.sure and cause.key != "other"
        found.append((name, finding.status == "formula", named, stated and not named))
    return found


def _set(what, outcomes):
    unnamed = tuple(name for name, _, named, _ in outcomes if named is False)
    caused = [named for _, _, named, _ in outcomes if named is not None]
    caught, false = (sum(one[i] for one in outcomes) for i in (1, 3))
    return WrittenSet(what, len(outcomes), caught, len(caused), sum(caused), false, unnamed)


def _judged(what, outcomes):
    return _set(what, outcomes())


RANDOM_GRADIENTS = (
    "random wrong gradients of problems of one to nine numbers (`random_gradients.py`)"
)
SETS = {
    what: partial(_judged, what, outcomes)
    for what, outcomes in {
        "mistakes in gradients and rules in NumPy, torch and JAX (`written_mistakes.py`)": written_outcomes,
        "complex parameters: conjugates, halves, parts (`complex_mistakes.py`)": complex_outcomes,
        "steps far from the parameter, and what comes from above (`upstream_mistakes.py`)": upstream_outcomes,
        "ordinary losses in NumPy (`ordinary_losses.py`)": _ordinary,
        "Hessians (`hessian_bugs.py`)": hessian_outcomes,
        "values that a loss loses, ties, repeated maps (`lost_values.py`)": lost_outcomes,
    }.items()
} | {RANDOM_GRADIENTS: partial(_by_chance, RANDOM_GRADIENTS)}
"""What a set is -> what finds its `WrittenSet`."""


def awkward_set():
    """The right gradients in awkward places."""
    found = [(case, status_of(case)) for case in awkward_cases()]
    return AwkwardSet(
        len(found),
        tuple(dict.fromkeys(case.kind for case, _ in found)),
        tuple(f"{case.kind}, {case.name}" for case, status in found if status in WRONG),
        tuple(
            f"{case.name} ({status})"
            for case, status in found
            if status not in (*WRONG, "ok", "convention")
        ),
    )
