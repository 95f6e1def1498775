"""Losses of torch, JAX and NumPy as people write them: what judges each, and what it costs.

python -m tests.studies.judged_losses [torch JAX NumPy] writes docs/ordinary-losses.md, of all or
of those that are named.
"""

import sys
import time
import warnings
from dataclasses import dataclass

from tests import ROOT
from tests.studies.ordinary_losses import ORDINARY

LIBRARIES = ("torch", "JAX", "NumPy")


@dataclass(frozen=True)
class JudgedLoss:
    """What is said of a right gradient: the verdict, why it is not by the tape, processor seconds."""

    library: str
    name: str
    status: str
    reason: str
    seconds: float

    @property
    def taped(self):
        return not self.reason

    @property
    def accused(self):
        return self.status not in ("ok", "convention", "inaccurate", "unstable", "low-precision")


def losses(library):
    """name -> what `check` is called with: positional and named arguments."""
    if library == "NumPy":
        return {
            name: ((one[0], one[2]), {"gradient": lambda p, g=one[1]: g(p, False)})
            for name, one in ORDINARY.items()
        }
    if library == "torch":
        from tests.studies.ordinary_torch import TORCH as known
    else:
        from tests.studies.ordinary_jax import JAX as known
    return {name: (given, {}) for name, given in known.items()}


def judged(library, name):
    """What is found of the right gradient of one loss."""
    from gradparity import GradientError, InputError, check

    given, named = losses(library)[name]
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = check(*given, **named)
        status, oracle = found.status, found.oracle
    except GradientError as error:
        status, oracle = error.finding.status, error.finding.oracle
    except InputError as error:
        status, oracle = "refused", str(error)
    seconds = time.process_time() - start
    reason = "" if oracle.startswith("the tape") else oracle.rpartition("; ")[2]
    return JudgedLoss(library, name, status, reason, seconds)


def page(outcomes):
    """The page: a table of the libraries, then whatever is not by the tape, and why."""
    lines = [
        "# Ordinary losses in `check`",
        "",
        "Losses as people write them, at float32 parameters with what they close over, each with its right gradient.",
        "Made by `python -m tests.studies.judged_losses`. Seconds are of processor time, both dtypes and the",
        "library's own gradient among them, after the library is imported.",
        "",
        "| library | losses | by the tape | accused | median s | longest s |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    asked = [library for library in LIBRARIES if any(x.library == library for x in outcomes)]
    for library in asked:
        some = [x for x in outcomes if x.library == library]
        times = sorted(x.seconds for x in some)
        taped, accused = sum(x.taped for x in some), sum(x.accused for x in some)
        share = f"{taped} ({100 * taped / len(some):.1f} %)"
        figures = f"{times[len(times) // 2]:.2f} | {times[-1]:.1f}"
        lines.append(f"| {library} | {len(some)} | {share} | {accused} | {figures} |")
    if not all(x.taped for x in outcomes):
        lines += ["", "Not by the tape, but by differences of the loss:", ""]
        lines += [f"- {x.library}, {x.name}: {x.reason}" for x in outcomes if not x.taped]
    lines += ["", "All, with seconds:", ""]
    for library in asked:
        named = (f"{x.name} {x.seconds:.2f}" for x in outcomes if x.library == library)
        lines += [f"**{library}.** {', '.join(named)}.", ""]
    return "\n".join(lines)


def main():
    outcomes = []
    for library in sys.argv[1:] or LIBRARIES:
        for i, name in enumerate(losses(library)):
            if i == 0:
                judged(library, name)  # imports, and what is made once
            outcomes.append(judged(library, name))
    (ROOT / "docs" / "ordinary-losses.md").write_text(page(outcomes))
    for one in outcomes:
        if one.accused or not one.taped or one.seconds > 2:
            print(one)


if __name__ == "__main__":
    main()
