"""What `--gradparity-suite` and `--gradparity-backend` mean."""

from __future__ import annotations

from typing import Any

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Plan, make_plan
from gradparity.harness.terminal.options import split


def chosen(config: Any) -> Plan:
    """The plan that pytest's command line asks for. Raises InputError for what does not exist."""
    backends = split([config.getoption("--gradparity-backend") or ""])
    return make_plan(config.getoption("--gradparity-suite"), Options(backends=backends))
