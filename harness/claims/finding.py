"""From a claim's number to what is found of it, in the worker."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

import numpy as np

from gradparity.backends import Setting, Unavailable
from gradparity.backends.catalogue import load
from gradparity.harness.claims.catalogue import CLAIMS, chapter_of
from gradparity.harness.claims.tools.experiment import Extent
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.extras import explained
from gradparity.results.pages.encoding import encoded
from gradparity.results.records.claim import ClaimFinding


def found(number: int, quick: bool) -> ClaimFinding:
    """Measure the claim of this number. Raises InputError where no backend of it is installed."""
    claim = CLAIMS[number]
    about = (number, claim.statement, chapter_of(number), quick)
    if claim.experiment is None:
        return ClaimFinding(*about)
    absent = {name: told for name in claim.backends if (told := lacking(name))}
    there = tuple(name for name in claim.backends if name not in absent)
    if claim.backends and not there:
        raise InputError("; ".join(absent.values()))
    began = perf_counter()
    with np.errstate(all="ignore"):  # what diverges is a figure as well
        seen = claim.experiment(Extent(quick, there))
    seconds, chart = perf_counter() - began, seen.chart
    if chart is None and claim.view is not None:
        chart = claim.view.frame({}).charts[0]
    return ClaimFinding(
        *about,
        sentence=seen.sentence,
        figures=tuple(seen.figures),
        seconds=seconds,
        left_out=absent,
        chart=encoded(chart) if chart else "",
    )


def lacking(backend: str) -> str:
    """Why this backend cannot take part on this machine; "" if it can."""
    problem = PROBLEMS["booth"]
    try:
        load(backend).prepare(problem, "value", problem.instance("tiny", 0).zeros(), Setting())
    except Unavailable as error:
        return str(error)
    except ModuleNotFoundError as error:
        if told := explained(error):
            return told
        raise
    return ""


def chosen(numbers: Iterable[int]) -> tuple[int, ...]:
    """The claims of these numbers, all of them where none is named. Raises InputError."""
    wanted = tuple(dict.fromkeys(numbers)) or tuple(CLAIMS)
    for number in wanted:
        if number not in CLAIMS:
            known = f"{min(CLAIMS)} to {max(CLAIMS)}"
            raise InputError(
                f"there is no claim {number}; known: {known}; gradparity claims --list"
            )
    return wanted
