"""A history of four rows over many commits, as gates of known machines would have left it."""

from gradparity.harness.history.record import CommitHistory, Gate, PastCommit, PastRow

COMMITS = 12
SLOWER, WRONG_AT = 7, 10
"""At which commit numpy takes 1.3 times as long, and from which on tape's gradient is wrong."""


def label(who: str) -> str:
    return f"booth tiny gradient float64 {who}"


def history(name: str = "booth", title: str = "change") -> CommitHistory:
    """numpy has a step, tape a wrong gradient, jax a gate that said slower once, torch nothing."""
    commits = [
        PastCommit(hash=f"{k + 1:07x}".ljust(40, "0"), date="2026-01-01T00:00:00Z", title=title)
        for k in range(COMMITS)
    ]
    places = {commit.hash: k for k, commit in enumerate(commits)}
    empty = CommitHistory(
        targets=[name], options="", machine="a machine", commits=commits, gates=[]
    )
    gates = [
        Gate(
            commit=commit.hash,
            base=base.hash,
            beside=beside,
            rows=_rows(name, places[commit.hash], places[base.hash], beside),
        )
        for commit, base, beside in empty.pairs()
    ]
    return empty.model_copy(update={"gates": gates})


def _rows(name: str, at: int, base: int, beside: str) -> list[PastRow]:
    slower = at >= SLOWER > base
    lone = (at, beside) == (4, "before")  # the anchor's gates do not confirm it
    return [
        _row(name, "numpy", 1.3 if slower else 1.0, "regressed" if slower else "pass"),
        _row(name, "tape", None, "formula") if at >= WRONG_AT else _row(name, "tape", 1.0, "pass"),
        _row(name, "jax", 1.2 if lone else 1.0, "regressed" if lone else "pass"),
        _row(name, "torch (idiomatic)", 1.0, "pass"),
    ]


def _row(name: str, who: str, ratio: float | None, status: str) -> PastRow:
    verdict = "formula" if ratio is None else "ok"
    ends = {} if ratio is None else {"ratio": ratio, "low": ratio / 1.02, "high": ratio * 1.02}
    return PastRow(
        label=f"{name} tiny gradient float64 {who}", verdict=verdict, status=status, **ends
    )
