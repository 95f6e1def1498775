"""The pytest plugin: a fixture `gradparity` with `check`.

    def test_mine(gradparity):
        gradparity.check(loss, params, gradient=by_hand)

Nothing is imported before a test asks for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


class Gradparity:
    """What the fixture offers.

    strict: whether what loses digits fails, unless a test says otherwise.
    """

    def __init__(self, strict: bool = False) -> None:
        self._strict = strict

    def check(self, function: Any, params: Any, /, **options: Any) -> Any:
        """As `gradparity.check`: what judged the gradient, if it is right."""
        # Hides this frame in pytest's traceback.
        __tracebackhide__ = True
        from gradparity.harness.plain.check import check

        return check(function, params, **{"strict": self._strict} | options)


@pytest.fixture
def gradparity(pytestconfig: pytest.Config) -> Gradparity:
    """`gradparity.check(loss, params, gradient=by_hand)` inside a test."""
    return Gradparity(bool(pytestconfig.getoption("--gradparity-strict")))


def pytest_addoption(parser: Any) -> None:
    """`--gradparity-suite`, `--gradparity-backend`, `--gradparity-strict`."""
    group = parser.getgroup("gradparity", "benchmarks of gradients, judged before they are timed")
    group.addoption(
        "--gradparity-suite",
        action="append",
        metavar="NAME",
        help="collect one benchmark per cell of this suite, problem or file (repeatable)",
    )
    group.addoption(
        "--gradparity-backend", metavar="NAMES", help="only these backends, comma-separated"
    )
    group.addoption(
        "--gradparity-strict", action="store_true", help="fail what is right but loses digits, too"
    )


def _check_choice(config: Any) -> None:
    """Raise pytest's UsageError, one line, for suites and backends that do not exist."""
    from gradparity.harness.pytest_plugin.choice import chosen
    from gradparity.problems import InputError
    from gradparity.results.words.display import printable

    try:
        chosen(config)
    except InputError as error:
        raise pytest.UsageError(printable(str(error))) from error


def pytest_configure(config: Any) -> None:
    """Let the cells be collected where a suite is asked for."""
    if config.getoption("--gradparity-suite"):
        if not config.pluginmanager.hasplugin("benchmark"):
            raise pytest.UsageError(
                "--gradparity-suite needs pytest-benchmark, switched on; "
                "type: pip install 'gradparity[pytest]'"
            )
        _check_choice(config)
        config.args.append(str(Path(__file__).with_name("cells.py")))
    elif config.getoption("--gradparity-backend"):
        raise pytest.UsageError("--gradparity-backend needs --gradparity-suite")
