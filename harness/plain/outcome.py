"""What becomes of a finding: it is returned, returned with a warning, or raised. One rule.

What is right is returned. What is of the right formula but lost digits (`INACCURATE`) is a remark
about arithmetic: it warns, and raises only where that is asked for. What is wrong raises.

`inaccurate` is an error far beyond rounding that something in the loss explains: a library function
whose derivative is known to have fewer digits, a solver that stops when it is near enough.
Whoever states an accuracy has everything judged by it that is wrong by less: it is `inaccurate`,
which says to how many digits it agrees, and there is nothing to warn of.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.words import advice, why
from gradparity.problems import InputError
from gradparity.results.records.statuses import INACCURATE, MEANINGS, RIGHT

# No accuracy that is known of a function or a solver is worse.
_COARSEST = 1e-3


class GradientError(AssertionError):
    """A gradient is wrong; the text says where, what it should be, why, and what judged it.

    finding: the same, as a record.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(_message(finding))
        self.finding = finding

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.finding,)


class GradientWarning(UserWarning):
    """A gradient is right but for its digits; the text and `finding` as of `GradientError`."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(_message(finding))
        self.finding = finding

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.finding,)


def settled(found: Finding, strict: bool, accuracy: float | None) -> Finding:
    """The finding, as far as it passes; warns where it is inaccurate and nobody asked for that.

    Raises: GradientError if it is wrong; if strict, where it would warn as well.
    """
    found = judged_to(found, accuracy)
    if found.status in RIGHT or found.asked is not None:
        return found
    if strict or found.status not in INACCURATE:
        raise GradientError(found)
    warnings.warn(GradientWarning(found), stacklevel=3)
    return found


def judged_to(found: Finding, accuracy: float | None) -> Finding:
    """The finding, `inaccurate` if it agrees to a stated accuracy and is not right to rounding.

    accuracy: an error relative to M + |true|, the scale of u; None if none is stated.
    Raises: InputError for one that is not between 0 and 1.
    """
    if accuracy is None:
        return found
    if not 0 < accuracy < 1:
        raise InputError(f"accuracy is {accuracy:g}, should be between 0 and 1")
    if found.status in RIGHT or not found.agrees_to(accuracy):
        return found
    return replace(found, status="inaccurate", asked=accuracy, diagnosis=None)


def known_coarse(found: Finding, coarse: Callable[[], tuple[str, float] | None]) -> Finding:
    """The finding, `inaccurate` where something in the loss is known to be off by as much.

    coarse: what that is, in words, and the relative error that it explains; None if nothing is.
    Without it an error of 1e-9 is a wrong formula, however small: rounding explains none.
    """
    if found.status not in ("formula", "dtype-leak") or found.worst is None:
        return found
    if found.error("float64") > _COARSEST:
        return found
    known = coarse()
    if known is None or not found.agrees_to(known[1]):
        return found
    return replace(found, status="inaccurate", coarse=known[0], diagnosis=None)


def _message(found: Finding) -> str:
    assert found.worst is not None, "a gradient of another shape is bad input"
    status = "wrong value" if found.wrong_value else found.status
    why_ = f"{status}: {why(found) or MEANINGS[found.status]}"
    return "\n".join(filter(None, (str(found), why_, advice(found), f"judged by {found.oracle}")))
