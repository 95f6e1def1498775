"""Ordinary NumPy losses, each with a mistake: is it caught, is it named, and by what is it judged?

python -m tests.studies.ordinary_losses prints every message.
"""

from dataclasses import dataclass

from tests.studies.ordinary_fits import ORDINARY_FITS
from tests.studies.ordinary_models import ORDINARY_MODELS
from tests.studies.ordinary_networks import ORDINARY_NETWORKS

ORDINARY = {**ORDINARY_FITS, **ORDINARY_NETWORKS, **ORDINARY_MODELS}


@dataclass(frozen=True)
class OrdinaryOutcome:
    """What is said of one loss.

    right: the verdict on the right gradient. taped: whether the loss was translated. status: the
    verdict on the wrong one. named: whether the message names the mistake; false: whether another
    cause is stated as a fact. message: of the wrong gradient.
    """

    name: str
    right: str
    taped: bool
    status: str
    named: bool
    false: bool
    message: str


def ordinary_outcome(name, seconds=60):
    """What is said of the loss of this name, its right gradient and its wrong one."""
    from gradparity import GradientError, check
    from gradparity.harness.findings.words import told

    loss, gradient, point, _, words = ORDINARY[name]
    try:
        found = check(loss, point, gradient=lambda p: gradient(p, False))
    except GradientError as error:
        found = error.finding
    taped = "NumPy operations" in found.oracle
    try:
        wrong = check(loss, point, gradient=lambda p: gradient(p, True), seconds=seconds)
    except GradientError as error:
        wrong = error.finding
    if wrong.diagnosis is None:
        return OrdinaryOutcome(name, found.status, taped, wrong.status, False, False, str(wrong))
    message, cause = told(wrong.diagnosis), wrong.diagnosis.cause
    named = any(word in message for word in words)
    false = cause.sure and cause.key not in ("other", "none") and not named
    return OrdinaryOutcome(name, found.status, taped, wrong.status, named, false, message)


def ordinary_outcomes():
    """What is said of every loss."""
    return [ordinary_outcome(name) for name in ORDINARY]


def main():
    outcomes = ordinary_outcomes()
    for one in outcomes:
        told = "named" if one.named else "FALSE" if one.false else "unnamed"
        by = "tape" if one.taped else "differences"
        print(f"{one.name}: right {one.right}, by {by}; {one.status}, {told}")
        print(f"    {ORDINARY[one.name].mistake}: {one.message}")
    every = len(outcomes)
    print(f"{every} losses: {sum(o.status == 'formula' for o in outcomes)} caught", end=", ")
    print(
        f"{sum(o.named for o in outcomes)} named, {sum(o.false for o in outcomes)} false", end="; "
    )
    print(f"{sum(o.right not in ('ok', 'convention') for o in outcomes)} accused", end=", ")
    print(f"{sum(o.taped for o in outcomes)} by the tape")


if __name__ == "__main__":
    main()
