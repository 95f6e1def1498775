"""The sets of wrong gradients that are written out by hand, and of right ones in awkward places.

`written_sets` has them all judged, for the study's page.
"""

from dataclasses import dataclass

from tests.studies.awkward_right_gradients import WRONG, awkward_cases, status_of
from tests.studies.lost_values import lost_outcomes
from tests.studies.ordinary_losses import ordinary_outcomes
from tests.studies.random_gradients import random_outcomes
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


def written_sets():
    """Every set of wrong gradients."""
    written = [(name, True, good, other) for name, good, other in written_outcomes()]
    ordinary = [(o.name, o.status == "formula", o.named, o.false) for o in ordinary_outcomes()]
    numbers = random_outcomes(RANDOM)
    by_chance = WrittenSet(
        "random wrong gradients of problems of one to nine numbers (`random_gradients.py`)",
        *(len(numbers), len(numbers), 0, 0, sum(one.false for one in numbers)),
    )
    return [
        _set("mistakes in gradients and rules in NumPy, torch and JAX (`written_mistakes.py`)", written),
        _set("ordinary losses in NumPy (`ordinary_losses.py`)", ordinary),
        _set("Hessians (`hessian_bugs.py`)", hessian_outcomes()),
        _set("values that a loss loses, ties, repeated maps (`lost_values.py`)", lost_outcomes()),
        by_chance,
    ]  # fmt: skip


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
