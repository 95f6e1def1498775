"""Backends, optimisers and suites, as their catalogues have them."""

import inspect
from importlib import import_module

from gradparity.backends.catalogue import BACKENDS, DEFAULTS, load
from gradparity.backends.optimizers import catalogue as optimizers
from gradparity.harness.planning.suite import load_suite, suites


def backends():
    """Name, role, what it is by its module's first line, and the library it needs."""
    rows = []
    for name, module in BACKENDS.items():
        backend = load(name)
        about = inspect.getdoc(import_module(module)).splitlines()[0]
        mark = "yes" if name in DEFAULTS else ""
        rows.append((f"`{name}`", backend.role, mark, backend.distribution, about))
    return table(("name", "role", "without `--backend`", "library", "what it is"), rows)


def optimisers():
    """Name, what it asks of the loss, its own rate, its options, and the source."""
    rows = []
    for name in optimizers.OPTIMIZERS:
        found = optimizers.find(name)
        options = " ".join(f"`{key}={value}`" for key, value in found.options.items())
        rate = "" if found.rate is None else f"{found.rate:g}"
        rows.append((f"`{name}`", ", ".join(found.needs), rate, options, found.source))
    return table(("name", "asks for", "rate", "options", "source"), rows)


def suite_table():
    """Name and description of the suites that come along."""
    rows = [(f"`{name}`", load_suite(name).description) for name in suites()]
    return table(("suite", "what it has"), rows)


def table(head, rows):
    """Rows of texts as a table of Markdown."""
    lines = [head, [":--"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(x) for x in row) + " |" for row in lines)


def _cell(text):
    return str(text).replace("|", r"\|").replace("\n", " ")
