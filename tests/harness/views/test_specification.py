"""The list of what was specified names tests that there are."""

import re

from tests import ROOT

FILES = {
    "S": "play/test_specified_in_browser.py",
    "V": "play/test_views_in_browser.py",
    "L": "play/test_slope_in_browser.py",
}


def test_every_test_that_the_list_names_is_there():
    text = (ROOT / "docs/views.md").read_text()
    named = re.findall(r"\b([SVL]|test_\w+\.py)::(test_\w+)", text)
    assert len(named) >= 40
    for file, test in named:
        path = ROOT / "tests/harness" / FILES.get(file, f"views/{file}")
        path = path if path.exists() else ROOT / "tests/harness/report" / file
        assert f"\ndef {test}(" in path.read_text(), (file, test)


def test_every_test_of_the_specification_is_in_the_list():
    text = (ROOT / "docs/views.md").read_text()
    for test in re.findall(
        r"\ndef (test_\w+)\(", (ROOT / "tests/harness" / FILES["S"]).read_text()
    ):
        assert f"S::{test}" in text, test
