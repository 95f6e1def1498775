"""What can become of a cell, a descent or a run: every status once, and what follows from it.

| kind of cell | timed | exit code |
|---|---|---|
| right | yes | 0 |
| inaccurate: right formula, digits lost | yes | 0 |
| wrong, and inaccurate if strict | no: a wrong gradient has no speed | 3 |
| unfinished | no | 4 |
| skipped | no | 0, or 4 where there is nothing else |

A descent has a status of the last two kinds, or one of `ENDED` and `BROKEN_OFF`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

RIGHT = {
    "ok": "Right, to rounding.",
    "convention": "The loss has a kink here, and this is one of its legitimate slopes.",
}
"""Verdicts on answers that are what the mathematics says, each with its meaning for a person."""

INACCURATE = {
    "unstable": "The formula is right and the arithmetic poor: both precisions lose the same share "
    "of their digits. Rearrange what cancels.",
    "low-precision": "The answer is coarser than its dtype allows, and none in a wider dtype is "
    "wrong: something may compute in less (TF32, bfloat16, a float16 cast).",
    "inaccurate": "It agrees to fewer digits than rounding leaves and to more than a wrong formula "
    "would: a solver's tolerance, or a library function of low accuracy.",
}
"""Verdicts on answers of the right formula that lose digits."""

WRONG = {
    "formula": "The mathematics is wrong: the error is far beyond rounding.",
    "dtype-leak": "The float64 answer is bitwise the float32 one: something in it casts to "
    "float32.",
    "nonfinite": "It is not a finite number where the truth is, or the other way round.",
}
"""Verdicts on answers that are wrong, and therefore have no time."""

UNFINISHED = {
    "crashed": "The worker process died.",
    "timeout": "There was no answer in the time allowed.",
    "out of memory": "It takes more memory than there was.",
    "error": "It raised an exception.",
    "lost": "The hosts of a cluster that had it were lost, twice.",
}
"""Why there is no answer, though there should be one."""

SKIPPED = {
    "unavailable": "This machine lacks what the backend needs.",
    "unsupported": "The backend does not offer this.",
}
"""Why there is no answer, and none was to be expected."""

TIMED = RIGHT | INACCURATE
UNANSWERED = SKIPPED | UNFINISHED
MEANINGS = TIMED | WRONG | UNANSWERED

ENDED = {
    "target": "The loss is as low as was asked for.",
    "gradient": "The gradient's norm is as small as was asked for.",
    "plateau": "No progress for long, or a search that stalls.",
    "budget": "All steps are made, or all the time is used up.",
}
"""Why a descent ended, as it was told to."""

BROKEN_OFF = {
    "diverged": "The loss is no finite number, or far above where it began.",
    "unbounded": "The loss fell below -1e100: it has no minimum.",
    "interrupted": "Nothing had ended it yet.",
}
"""Why a descent ended otherwise."""

RUNS = {
    "running": "It goes on, or was killed.",
    "finished": "All that was asked for is stored.",
    "interrupted": "Somebody stopped it; what was finished is stored.",
    "stopped": "The store refused a record.",
}
"""How it stands with a run."""


class ExitCode(IntEnum):
    """What the command tells a shell; of several the first of WRONG, REGRESSION, UNFINISHED."""

    GOOD = 0
    REGRESSION = 1
    BAD_INPUT = 2
    WRONG = 3
    UNFINISHED = 4
    FAULT = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def is_timed(status: str, strict: bool = False) -> bool:
    """Return whether an answer of this verdict has a time; strict: only one that is right."""
    return status in (RIGHT if strict else TIMED)


def exit_code(statuses: Iterable[str], run: str = "finished", strict: bool = False) -> ExitCode:
    """Return what cells or descents of these statuses, in a run of that status, deserve.

    strict: whether what is inaccurate counts as wrong.
    """
    if run == "interrupted":
        return ExitCode.INTERRUPTED
    found = set(statuses)
    if found & set(WRONG | INACCURATE if strict else WRONG):
        return ExitCode.WRONG
    unfinished = found & set(UNFINISHED) or found <= set(SKIPPED)
    return ExitCode.UNFINISHED if unfinished or run == "stopped" else ExitCode.GOOD
