"""The verb `list`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from gradparity.harness.terminal.formats import Format, FormatOption

AVAILABLE = "available"


def list_(output: FormatOption = Format.table) -> None:
    """Problems, backends (version, or why not available), optimisers and suites."""
    from gradparity.harness.terminal.console import say, write_json, write_rows

    form = output.value
    lists = {
        "problems": _problems(),
        "backends": _backends(),
        "optimizers": _optimizers(),
        "suites": _suites(),
    }
    if form == "json":
        write_json(lists)
        return
    if form == "csv":  # one table: a CSV file has one header
        rows = [
            {"kind": kind[:-1], "name": row["name"], "about": "; ".join(_known(row))}
            for kind, found in lists.items()
            for row in found
        ]
        write_rows(rows, form)
        return
    for kind, found in lists.items():
        if form == "markdown":
            say(f"## {kind}")
            say()
        else:
            say(kind, style="bold")
        reasons: list[str] = []
        if kind == "backends" and form == "table":
            found, reasons = _reasons_apart(found)
        write_rows(found, form)
        for line in (*reasons, ""):
            say(line)


def _known(row: dict[str, str]) -> list[str]:
    """What a row says beside its name."""
    return [value for value in list(row.values())[1:] if value != "-"]


def _problems() -> list[dict[str, str]]:
    from gradparity.harness.planning.lookup import catalogue

    return [
        {
            "name": problem.name,
            "sizes": " ".join(problem.sizes),
            "minimum": "-" if problem.minimum is None else "known",
            "idiomatic": " ".join(problem.idiomatic) or "-",
            "source": problem.source,
        }
        for problem in catalogue().values()
    ]


def _backends() -> list[dict[str, str]]:
    from gradparity.backends import OPERATORS
    from gradparity.backends.catalogue import load, names
    from gradparity.harness.processes.environment import installed
    from gradparity.problems import InputError

    rows: list[dict[str, str]] = []
    for name in names():
        try:
            backend = load(name)
        except InputError as error:  # a package that is broken must not hide the others
            rows.append(
                {"name": name, "role": "-", "version": "-", "status": str(error), "operators": "-"}
            )
            continue
        version = installed(backend.distribution)
        rows.append(
            {
                "name": name,
                "role": backend.role,
                "version": version or "-",
                "status": backend.unavailable() or AVAILABLE,
                "operators": " ".join(OPERATORS),
            }
        )
    return rows


def _reasons_apart(rows: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[str]]:
    """The rows of backends with a word for a status, and below them why some are unavailable.

    A column would cut the line that is to be typed.
    """
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(row["status"], []).append(row["name"])
    absent = {why: who for why, who in names.items() if why != AVAILABLE}
    words = [row | {"status": "unavailable"} if row["status"] in absent else row for row in rows]
    return words, [f"{', '.join(who)}: {why}" for why, who in absent.items()]


def _optimizers() -> list[dict[str, str]]:
    from gradparity.backends.optimizers import catalogue as optimizers

    rows = []
    for name in optimizers.names():
        found = optimizers.find(name)
        options = (f"{option}={value}" for option, value in found.options.items())
        rows.append(
            {
                "name": name,
                "needs": " ".join(found.needs),
                "rate": "-" if found.rate is None else f"{found.rate:g}",
                "options": " ".join(options) or "-",
                "source": found.source,
            }
        )
    return rows


def _suites() -> list[dict[str, str]]:
    from gradparity.harness.planning.suite import load_suite, suites

    rows = []
    for name in suites():
        suite = load_suite(name)
        rows.append({"name": name, "about": suite.description})
    return rows
