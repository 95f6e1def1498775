"""Verdicts, causes and exit codes, each with what the judge says of an example."""

import textwrap
import warnings

import numpy as np

import gradparity as gp
from gradparity.harness.findings.causes import ADVICE
from gradparity.harness.findings.causes import CAUSES as MEANT
from gradparity.results.records.statuses import INACCURATE, RIGHT, UNANSWERED, WRONG, ExitCode
from made import low_mistakes, mistakes
from made.registries import table

CODES = {
    ExitCode.GOOD: "all that was asked for is right and finished",
    ExitCode.REGRESSION: "`gate`: slower than the margin allows, and confirmed",
    ExitCode.BAD_INPUT: "a mistake in what was typed or in a file: one line says which; "
    "damage in a store",
    ExitCode.WRONG: "a gradient is wrong; with `--strict` also one that loses digits",
    ExitCode.UNFINISHED: "something did not finish: it crashed, ran out of time or memory, raised",
    ExitCode.FAULT: "a defect of gradparity: it says where the traceback is",
    ExitCode.INTERRUPTED: "Ctrl-C, SIGTERM or SIGHUP",
    ExitCode.BROKEN_PIPE: "nobody reads standard output any more",
}


def _square(x):
    return np.sum(x * x)


AT = np.array([0.3, -1.2, 2.5])
VERDICTS = {
    "ok": (_square, AT, lambda x: 2 * x),
    "convention": (
        lambda x: np.sum(np.maximum(x, 0.0)),
        np.array([0.0, 1.0, -1.0]),
        lambda x: (x >= 0).astype(x.dtype),
    ),
    "unstable": (
        lambda x: np.sum(np.log1p(x)),
        np.array([3e-6, 2.0]),
        lambda x: (np.sqrt(1 + x) ** 2 - 1) / x / (1 + x),
    ),
    "low-precision": (
        lambda x: np.sum(np.exp(x)),
        AT,
        lambda x: np.exp(x if x.dtype == np.float64 else x.astype(np.float16)).astype(x.dtype),
    ),
    "inaccurate": (
        lambda x: np.sum(np.exp(x)),
        AT,
        lambda x: np.exp(x) * (1 + 1e-9),
        {"accuracy": 1e-8},
    ),
    "formula": (_square, AT, lambda x: 2.002 * x),
    "dtype-leak": (
        lambda x: np.sum(np.exp(x)),
        AT,
        lambda x: np.exp(x.astype(np.float32)).astype(x.dtype),
    ),
    "nonfinite": (lambda x: np.sum(np.sqrt(x * x + 1)), AT, lambda x: x / (x - x)),
}
"""Verdict: (loss, params, a gradient that gets it), and options of `check`."""


def judged(loss, params, gradient, options=None):
    """(verdict, cause, message) of a gradient; the message is "" where nothing is said."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always", gp.GradientWarning)
        try:
            found = gp.check(loss, params, gradient=gradient, **(options or {}))
        except gp.GradientError as error:
            return error.finding.status, _cause(error), str(error)
    for one in caught:
        if isinstance(one.message, gp.GradientWarning):
            return found.status, _cause(one.message), str(one.message)
    return found.status, "", ""


def _cause(said):
    diagnosis = said.finding.diagnosis
    return diagnosis.cause.key if diagnosis else ""


def verdicts():
    """A section for each verdict: what it means, what follows, and an example's message."""
    told = []
    for kind, follows in (
        (RIGHT, "passes, and is timed"),
        (INACCURATE, "passes with a warning (none where `accuracy=` states it); fails if `strict`"),
        (WRONG, "fails, has no time; exit code 3"),
    ):
        for name, meaning in kind.items():
            found, _, message = judged(*VERDICTS[name])
            assert found == name, f"the example of {name} is judged {found}: {message}"
            told += [f"## {name}", "", f"{meaning} It {follows}.", "", *_shown(message)]
    told += ["## Where there is no answer", ""]
    told += [table(("status", "meaning"), [(f"`{k}`", v) for k, v in UNANSWERED.items()]), ""]
    return "\n".join(told)


def causes():
    """A section for each cause: what it is, an example's message, and what to do."""
    examples = mistakes.CAUSES | low_mistakes.CAUSES
    told = []
    for name, meaning in MEANT.items():
        if name in ("none", "nonfinite"):
            continue  # a right gradient has no message, and the verdict nonfinite is above
        _, found, message = judged(*examples[name])
        assert found == name, f"the example of {name} is told as {found}: {message}"
        told += [f"## {name}", "", f"{meaning[0].upper()}{meaning[1:]}. {ADVICE[name]}", ""]
        told += _shown(message)
    return "\n".join(told)


def exit_codes():
    """The table of exit codes."""
    assert set(CODES) == set(ExitCode)
    return table(("exit code", "when"), [(f"{int(code)}", text) for code, text in CODES.items()])


def _shown(message):
    if not message:
        return []
    lines = [textwrap.fill(line, 96, subsequent_indent="  ") for line in message.splitlines()]
    return ["```text", *lines, "```", ""]
