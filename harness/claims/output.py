"""What `claims` and `show` print: data to standard output, complete also in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradparity.harness.terminal.console import say, write_json, write_rows, write_text
from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.record import Run

if TYPE_CHECKING:
    from gradparity.harness.claims.execution import Explored


def write_findings(run: Run, findings: Sequence[ClaimFinding], form: str) -> None:
    """Findings by their number, in one of the formats of the command line."""
    from gradparity.results.claims import document, table

    findings = sorted(findings, key=lambda one: one.number)
    if form == "table":
        table.show_findings(findings)
    elif form == "json":
        write_json(document.document(run, findings))
    elif form == "csv":
        write_text(document.to_csv(findings))
    else:
        write_text(document.to_markdown(run, findings))


def write_list(numbers: Sequence[int], form: str) -> None:
    """What is claimed, and what takes part in the experiment."""
    from gradparity.harness.claims.catalogue import CLAIMS, chapter_of

    write_rows(
        [
            {
                "number": str(number),
                "chapter": chapter_of(number),
                "claim": CLAIMS[number].statement,
                "problems": ", ".join(CLAIMS[number].problems),
                "optimizers": ", ".join(CLAIMS[number].optimizers),
                "backends": ", ".join(CLAIMS[number].backends),
            }
            for number in numbers
        ],
        form,
    )


def write_next(found: Explored) -> None:
    """Say where everything is and what to type next."""
    say(f"run        {found.run.id} ({found.run.status})")
    say(f"stored in  {found.store}")
    if found.run.status != "finished" or found.exit_code:
        say(f"next       gradparity claims --resume {found.run.id}")
    say(f"next       gradparity show {found.run.id} --format markdown")
