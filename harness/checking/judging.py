"""`judge`: verdicts on problems, from Python; the command `gradparity check` as a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gradparity.harness.checking.checks import CheckedSubject
from gradparity.harness.checking.output import KEYS, LEGEND, details, summary_line, words_of
from gradparity.harness.checking.verdicts import check_plan
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.planning.lookup import Target
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import smallest
from gradparity.harness.planning.planner import planned
from gradparity.harness.planning.targets import in_words
from gradparity.harness.planning.typed import RUN_FLAGS, called
from gradparity.problems.arguments import expect, expect_fields
from gradparity.problems.errors import several
from gradparity.results.records.statuses import exit_code
from gradparity.results.words.html import HtmlTable, document


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdicts on problems, a record for each backend; a table in a notebook.

    lost: users' files that are left out, and why.
    """

    subjects: tuple[CheckedSubject, ...]
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 good; 3 wrong gradient; 4 something did not finish."""
        return exit_code([*(one.status for one in self.subjects), *("error" for _ in self.lost)])

    def __str__(self) -> str:
        return summary_line(self.subjects)

    def _repr_html_(self) -> str:
        return to_html(self.subjects)


def judge(
    *targets: Target,
    backends: Sequence[str] = (),
    sizes: Sequence[str] = (),
    operators: Sequence[str] = (),
    seconds: float = SECONDS,
    accuracy: float | None = None,
    jobs: int = 1,
    cluster: str = "",
    **options: Any,
) -> Checked:
    """Judge the gradients of problems, families or files; nothing is timed, nothing stored.

    Targets may be made in Python, as for `run`. sizes: by default, each problem's smallest.
    seconds: how long the cause of a wrong gradient is looked for. accuracy: the relative error that
    is meant to pass. jobs: workers side by side. cluster: as `--cluster` names it.
    The other options are those of `Options`. Raises InputError for what does not
    exist.
    """
    expect(judge, locals())
    expect_fields(Options, options, "judge", called(RUN_FLAGS))
    chosen = Options(
        several("backends", backends),
        several("sizes", sizes),
        several("operators", operators),
        **options,
    )
    plan = planned(in_words("judge", targets, None), chosen)
    found = check_plan(plan if sizes else smallest(plan), seconds, jobs=jobs, cluster=cluster)
    return Checked(tuple(one.to(accuracy) for one in found), plan.lost)


def to_html(found: Sequence[CheckedSubject]) -> str:
    """Return the table of verdicts with what is behind them, as the command prints it."""
    left = [key for key in KEYS if not key.startswith("u ") and key != "bound"]
    table = HtmlTable("", KEYS, [words_of(one) for one in found], left)
    notes = [*(line.strip() for line in details(found)), LEGEND, summary_line(found)]
    return document([table], notes)
