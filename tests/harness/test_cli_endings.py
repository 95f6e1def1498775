"""How the command line ends when its reader goes away, or its user presses Ctrl-C."""

import os

import pytest

from tests.harness.command import gradparity

PRESSED = """
import os, signal, time
os.kill(os.getppid(), signal.SIGINT)  # the command that asked this worker
time.sleep(20)  # another thread may be told first
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a stored run."""
    folder = tmp_path_factory.mktemp("endings")
    run = ("run", "booth", "--backend", "numpy", "--rounds", "2", "--extra", "0")
    done = gradparity(*run, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("list", "--format", "json"),
        ("show",),
        ("show", "--all"),
        ("show", "--format", "csv"),
        ("derive", "booth"),
        ("--help",),
    ],
)
def test_a_reader_that_has_gone_ends_it_quietly(folder, arguments):
    """141 = 128 + SIGPIPE is what a shell reports of any program in this place."""
    read, write = os.pipe()
    os.close(read)
    done = gradparity(*arguments, cwd=folder, stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupt_outside_a_run_is_said_in_one_line(tmp_path):
    (tmp_path / "loss.py").write_text(PRESSED)
    done = gradparity("derive", "loss.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "gradparity: interrupted\n"


@pytest.mark.parametrize(("arguments", "code"), [(("list",), 0), (("show", "missing"), 2), ((), 2)])
def test_other_endings_keep_their_codes(folder, arguments, code):
    done = gradparity(*arguments, cwd=folder)
    assert done.returncode == code
    assert "interrupted" not in done.stderr
