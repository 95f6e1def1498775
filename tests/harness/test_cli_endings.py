"""How the command line ends when its reader goes away, or its user presses Ctrl-C."""

import os
import signal
import subprocess
import sys

import pytest

from tests import PATIENCE_S
from tests.harness.command import gradparity

PRESSED = """
import os, signal, time
os.kill(os.getppid(), signal.SIGINT)  # the command that asked this worker
time.sleep(600)  # another thread may be told first
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


@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "ignored"])
def test_an_interrupt_while_the_command_is_imported_leaves_no_traceback(tmp_path, ignored):
    """The import of Typer is where it comes; whoever has us ignore it is obeyed there too."""
    code = (
        "import os, signal, sys\n"
        "class Pressing:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'typer': os.kill(os.getpid(), signal.SIGINT)\n"
        f"if {ignored}: signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "sys.meta_path.insert(0, Pressing())\n"
        "sys.argv[:] = ['gradparity', '--version']\n"
        "from gradparity.__main__ import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stderr) == ((0, "") if ignored else (-signal.SIGINT, ""))
