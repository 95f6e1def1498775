"""A small part of `make abuse`, from a fixed seed; and that its judgement of an end can fail."""

import pytest

from tests.studies.abuse import pieces
from tests.studies.abuse.faults import faults_of
from tests.studies.abuse.study import asked_for, every

NOTHING = {
    **{"--lines": "0", "--suites": "0", "--baselines": "0", "--stores": "0", "--losses": "0"},
    **{"--strings": "0", "--environments": "0", "--kills": "0 0 0"},
}
PARTS = (
    *({"--suites": "60"}, {"--baselines": "60"}, {"--stores": "25"}, {"--lines": "25"}),
    *({"--kills": "1 1 0"}, {"--environments": "2"}),
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: next(iter(part)))
def test_nothing_goes_wrong(part):
    words = " ".join(f"{name} {value}" for name, value in (NOTHING | part).items()).split()
    found = every(asked_for([*words, "--seed", "5", "--processes", "1"]))
    assert sum(one.count for one in found) == sum(map(int, next(iter(part.values())).split()))
    assert [fault for one in found for fault in one.faults] == [], pieces.table(found)


TRACE = "Traceback (most recent call last):\n  File"


@pytest.mark.parametrize(
    ("code", "out", "err", "kinds"),
    [
        (0, "fine\n", "", []),
        (2, "", "gradparity: no such file\n", []),
        (2, "", "", ["silent"]),
        (1, "", "gradparity: no\n", ["exit code"]),
        (-11, "", "", ["exit code"]),
        (70, "", "gradparity: a fault of gradparity itself\n", ["traceback"]),
        (0, "", TRACE, ["traceback"]),
        (0, "\x1b[31m\n", "", ["text"]),
        (0, "a\n ::error::x\n", "", ["text"]),
        (0, "a\u202eb\n", "::error::x\n", ["text", "text"]),
    ],
)
def test_what_is_wrong_is_seen(code, out, err, kinds):
    assert [fault.kind for fault in faults_of(code, out, err, "a line")] == kinds
