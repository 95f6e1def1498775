"""Which hosts may work, and the table of why others may not."""

import builtins
import platform
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np

from gradparity.harness.cluster.hosts import ASKED_ABOUT, differences, sort_out, this_host
from gradparity.harness.processes import host as host_module
from gradparity.harness.processes.environment import identity


def test_this_host_is_what_other_ways_of_asking_say():
    here = this_host()
    assert (here.name, here.python) == (socket.gethostname(), platform.python_version())
    assert here.versions["numpy"] == np.__version__
    known = identity(())
    assert (here.cpu, here.boot, here.source) == (known.cpu, known.boot, known.source)


def test_its_source_alone_says_the_same():
    """What is sent out is text, which needs nothing of ours where it is evaluated."""
    names = {"__name__": "host"}
    builtins.exec(Path(host_module.__file__).read_text(), names)
    assert names["host_facts"](ASKED_ABOUT) == host_module.host_facts(ASKED_ABOUT)


def test_equals_may_work_and_others_are_told_in_a_table():
    here = this_host()
    old = replace(
        here,
        name="node7",
        python="3.10.1",
        versions=here.versions | {"torch": None},
        source="0" * 64,
    )
    assert differences(here, replace(here, name="node1", cpu="other", cores=1, boot="x")) == []
    told = {(one.what, one.here, one.there) for one in differences(here, old)}
    assert told == {
        ("Python", here.python, "3.10.1"),
        ("torch", here.versions["torch"], "not installed"),
        ("gradparity's source", here.source[:12], "0" * 12),
    }
    found = sort_out(
        here, {"tcp://a:1": here, "tcp://b:1": old, "tcp://b:2": old, "tcp://c:1": "OSError: gone"}
    )
    assert list(found.fit) == ["tcp://a:1"]
    lines = found.unfit.splitlines()
    assert lines[0].split() == ["host", "what", "here", "there"]
    assert len(lines) == 1 + 3 + 1  # node7 once, whichever of its workers told it
    assert lines[1].startswith("node7      Python")
    assert lines[2].endswith("not installed")
    assert lines[4].split(maxsplit=2) == ["tcp://c:1", "answer", "OSError: gone"]
