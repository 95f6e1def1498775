"""What the README shows is what happens."""

import re
import subprocess
import sys

import pytest

from tests import ROOT

README = (ROOT / "README.md").read_text()


def block(after, number=0):
    """A code block behind a piece of text."""
    found = re.findall(
        r"^```\w*\n(.*?)^```", README[README.index(after) :], re.DOTALL | re.MULTILINE
    )
    return found[number]


def squeezed(text):
    return " ".join(text.replace("E  ", " ").split())


def test_the_loss_of_ones_own_is_the_example():
    shown = block("One file: a loss over the array operations")
    assert shown.strip() in (ROOT / "examples" / "huber_regression.py").read_text()


def test_the_custom_function_is_the_example_and_gets_this_diagnosis():
    shown = block("## In your own tests")
    example = ROOT / "examples" / "test_squared_error.py"
    assert shown.strip() in example.read_text()
    told = squeezed(block("## In your own tests", 1))
    sys.path.insert(0, str(example.parent))
    try:
        import test_squared_error

        from gradparity.harness.pytest_plugin.plugin import Gradparity
    finally:
        sys.path.pop(0)
    with pytest.raises(AssertionError) as caught:
        test_squared_error.test_squared_error(Gradparity())
    assert told == f"GradientError: {squeezed(str(caught.value))}"


def test_the_wrong_factor_is_told_as_shown(tmp_path):
    text = (ROOT / "examples" / "huber_regression.py").read_text()
    (tmp_path / "examples").mkdir()
    wrong = text.replace('{"w": data["X"].T @', '{"w": 1.002 * data["X"].T @')
    assert wrong != text
    (tmp_path / "examples" / "huber_regression.py").write_text(wrong)
    shown = block("Put a factor of 1.002")
    command = "from gradparity.harness.cli import main; main()"
    asked = shown.strip().splitlines()[-1].split()[1:]
    done = subprocess.run(
        [sys.executable, "-c", command, *asked],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert shown.strip() in done.stdout


def test_every_command_that_is_named_exists():
    listed = block("## The commands")
    verbs = set(re.findall(r"^gradparity (\w+)", listed, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", "from gradparity.harness.cli import main; main()", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert verbs <= set(re.findall(r"│ (\w+) ", done.stdout)), verbs
