"""What the README shows is what happens."""

import re
import subprocess
import sys
import tomllib

import pytest

from tests import PACKAGE, ROOT

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


def test_the_loss_of_ones_own_is_the_example():
    shown = block("One file: a loss over the array operations")
    assert shown.strip() in (ROOT / "examples" / "huber_regression.py").read_text()


def test_the_module_is_the_example_and_gets_this_diagnosis():
    example = ROOT / "examples" / "test_squared_error.py"
    assert block("In a test of your own", 0, README).strip() in example.read_text()
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


def test_the_price_is_what_is_printed():
    command, *told = block("## It began with a price").splitlines()
    assert "\n".join(told) in gradparity(*command.split()[2:]).stdout


@pytest.mark.parametrize("page", [README, TOUR], ids=["README", "tour"])
def test_every_command_that_is_named_exists(page):
    verbs = set(re.findall(r"^(?:\$ |\| `)?gradparity (\w+)", page, re.MULTILINE))
    assert len(verbs) >= 6
    assert verbs <= set(re.findall(r"│ (\w+) ", gradparity("--help").stdout)), verbs


def test_what_is_to_be_installed_exists():
    named = re.findall(r"pip install '?gradparity(?:\[([\w,]+)\])?", README)
    assert len(named) >= 3
    extras = {extra for found in named for extra in found.split(",") if extra}
    assert extras <= set(PYPROJECT["project"]["optional-dependencies"])
    (place,) = set(re.findall(r"@ git\+([^']+)'", README))
    assert place == PYPROJECT["project"]["urls"]["Repository"]


def test_the_rows_are_those_of_the_whole_suite():
    rows = [line for line in README.splitlines() if line.startswith("| mlp-digits")]
    assert len(rows) == 6
    assert set(rows) <= set((ROOT / "docs" / "quick.md").read_text().splitlines())


@pytest.mark.parametrize("page", ["README.md", "docs/tour.md", "docs/quick.md"])
def test_what_is_linked_is_there(page):
    text = (ROOT / page).read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        there = (ROOT / page).parent.joinpath(link).resolve()
        assert there.exists() or (PACKAGE / there.relative_to(ROOT)).exists(), link


def test_one_name_is_used_everywhere():
    """`import gradparity as gp` in what users read."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.py")]
    for page in pages:
        found = re.search(
            r"from gradparity import|from gradparity.problems import (Problem|Inst|Min|Inp)",
            page.read_text(),
        )
        assert found is None, f"{page.name}: {found[0]}"
