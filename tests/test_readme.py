"""What the README shows is what happens."""

import re
import subprocess
import sys
import tomllib

import pytest

from tests import ROOT

README = (ROOT / "README.md").read_text()
TOUR = (ROOT / "docs" / "tour.md").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def block(after, number=0, text=TOUR):
    """A code block behind a piece of text."""
    found = re.findall(r"^```\w*\n(.*?)^```", text[text.index(after) :], re.DOTALL | re.MULTILINE)
    return found[number]


def gradparity(*arguments, cwd=None):
    """The command, with its words; a wrong gradient ends it with 3."""
    return subprocess.run(
        [sys.executable, "-m", "gradparity", *arguments],
        capture_output=True, text=True, cwd=cwd, check=False,
    )  # fmt: skip


def squeezed(text):
    return " ".join(text.replace("E  ", " ").split())


def test_the_module_gets_this_diagnosis():
    example = ROOT / "examples" / "test_squared_error.py"
    told = squeezed(block("In a test of your own", 1, README))
    sys.path.insert(0, str(example.parent))
    try:
        import test_squared_error

        from gradparity.harness.pytest_plugin.plugin import Gradparity
    finally:
        sys.path.pop(0)
    with pytest.raises(AssertionError) as caught:
        test_squared_error.test_model(Gradparity())
    assert told == f"GradientError: {squeezed(str(caught.value))}"


def test_the_wrong_factor_is_told_as_shown(tmp_path):
    text = (ROOT / "examples" / "huber_regression.py").read_text()
    (tmp_path / "examples").mkdir()
    wrong = text.replace('{"w": data["X"].T @', '{"w": 1.002 * data["X"].T @')
    assert wrong != text
    (tmp_path / "examples" / "huber_regression.py").write_text(wrong)
    shown = block("Put a factor of 1.002")
    asked = shown.strip().splitlines()[-1].split()[1:]
    done = gradparity(*asked, cwd=tmp_path)
    assert done.returncode == 3
    assert shown.strip() in done.stdout


@pytest.mark.parametrize(("page", "least"), [(README, 4), (TOUR, 20)], ids=["README", "tour"])
def test_every_command_that_is_named_exists(page, least):
    verbs = set(re.findall(r"(?:^|`|\$ )gradparity ([a-z][a-z-]*)", page, re.MULTILINE))
    assert len(verbs) >= least
    assert verbs <= set(re.findall(r"│ ([a-z-]+) ", gradparity("--help").stdout)), verbs


def test_the_newest_is_where_the_repository_is():
    (place,) = set(re.findall(r"@ git\+([^']+)'", README))
    assert place == PYPROJECT["project"]["urls"]["Repository"]


def test_the_readme_is_read_in_two_minutes():
    assert README.count("\n") <= 120
    assert (ROOT / "docs" / "play.gif").stat().st_size <= 1_500_000


def test_the_readme_shows_on_a_page_of_another_place():
    """A link from PyPI leads where the file lies."""
    repository = PYPROJECT["project"]["urls"]["Repository"]
    raw = repository.replace("github.com", "raw.githubusercontent.com") + "/main/"
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) >= 20
    for link in links:
        path = link.removeprefix(raw).removeprefix(f"{repository}/blob/main/")
        assert path != link, f"{link} is no absolute link"
        assert (ROOT / path).exists(), link


def test_the_rows_are_those_of_the_whole_suite():
    rows = [line for line in README.splitlines() if line.startswith("| mlp-digits")]
    assert len(rows) == 6
    assert set(rows) <= set((ROOT / "docs" / "quick.md").read_text().splitlines())


def test_one_name_is_used_everywhere():
    """`import gradparity as gp` in what users read."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.py")]
    for page in pages:
        found = re.search(
            r"from gradparity import|from gradparity.problems import (Problem|Inst|Min|Inp)",
            page.read_text(),
        )
        assert found is None, f"{page.name}: {found[0]}"
