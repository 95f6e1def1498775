"""What `--gradparity-suite` and `--gradparity-backend` mean."""

from __future__ import annotations

import pytest

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Plan
from gradparity.harness.planning.planner import planned
from gradparity.harness.terminal.options import split
from gradparity.problems import InputError

_PLAN = pytest.StashKey[Plan]()


def chosen(config: pytest.Config) -> Plan:
    """The plan that pytest's command line asks for; made once, users' files tried in a worker.

    Raises InputError for what does not exist, and for a file that ends, crashes or hangs when it is
    imported: its cells are tests of this process.
    """
    if _PLAN not in config.stash:
        backends = split([config.getoption("--gradparity-backend") or ""])
        plan = planned(config.getoption("--gradparity-suite"), Options(backends=backends))
        for file, why in plan.lost.items():
            raise InputError(why if why.startswith(file) else f"{file}: {why}")
        config.stash[_PLAN] = plan
    return config.stash[_PLAN]
