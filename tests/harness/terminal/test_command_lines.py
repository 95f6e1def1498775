"""A part of the command lines of `command_lines.py`; and endings that only a process can have."""

import os
import subprocess

import pytest

from tests import PATIENCE_S
from tests.harness.command import COMMAND, gradparity
from tests.harness.terminal import inside
from tests.harness.terminal.command_lines import complaints


def test_drawn_command_lines_end_as_they_should(tmp_path):
    found, codes = complaints(60, seed=11, folder=tmp_path)
    assert found == []
    assert sum(codes.values()) == 60


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("--timeout inf", "timeout is inf; it should be at most 604,800"),
        ("--timeout 1e300", "timeout is 1e+300; it should be at most 604,800"),
        ("--timeout nan", "timeout is nan; it should be at least 1"),
        ("--timeout -1", "timeout is -1.0; it should be at least 1"),
        ("--memory inf", "memory is inf GiB; it should be at most 1,000,000 GiB"),
        ("--seed 99999999999999999999", "seed is 99999999999999999999; it should be at most"),
        ("--rounds 0", "rounds is 0; it should be at least 1"),
        ("--nope", "No such option: --nope"),
    ],
)
def test_a_number_out_of_range_is_one_line(tmp_path, asked, told):
    ended = inside.gradparity("run", "booth", *asked.split(), cwd=tmp_path, workers=False)
    assert (ended.code, ended.out) == (2, "")
    (line,) = ended.err.splitlines()
    assert line.startswith(f"gradparity: {told}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.py", "x.toml"])
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("pipe", "a pipe; name a file"),
        ("folder", "a folder; name a file in it"),
        ("circle", "a symbolic link that leads back to itself"),
        ("nowhere", "a symbolic link to 'nowhere', which does not exist"),
        ("device", "a device; name a file"),
        ("binary", "x."),
        ("empty", "x."),
    ],
)
def test_what_stands_in_the_place_of_a_file_is_named(tmp_path, name, kind, told):
    file = tmp_path / name
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind in ("circle", "nowhere", "device"):
        file.symlink_to({"circle": name, "nowhere": "nowhere", "device": "/dev/zero"}[kind])
    else:
        file.write_bytes(b"" if kind == "empty" else bytes(range(256)))
    for verb in (("run",), ("check",), ("train",), ("gate", "--baseline"), ("derive",)):
        ended = inside.gradparity(*verb, name, cwd=tmp_path, workers=False)
        assert ended.code == 2
        assert told in ended.err or "good" in ended.err or "unknown problem" in ended.err
        assert len(ended.err.splitlines()) == 1


def test_a_fault_of_ours_is_70_and_says_how_to_report_it(tmp_path, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("by us")

    monkeypatch.setattr("gradparity.harness.terminal.console.write_rows", broken)
    ended = inside.gradparity("list", cwd=tmp_path, GRADPARITY_TRACEBACK="1")
    assert ended.code == 70
    first, *trace = ended.err.splitlines()
    assert "a fault of gradparity itself, please report it" in first
    assert "https://github.com/gradparity/gradparity/issues: ZeroDivisionError: by us" in first
    assert trace[-1] == "ZeroDivisionError: by us"


def shell(line, cwd):
    """(exit code, standard error) of a line of sh with `$G` for the command."""
    command = " ".join(f"'{word}'" for word in COMMAND)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(
        ["sh", "-c", line.replace("$G", command)],
        capture_output=True, text=True, cwd=cwd, env=environment, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("$G list > /dev/full", 4, "gradparity: standard output: No space left on device\n"),
        ("$G list >&-", 0, ""),
        ("$G list 2>&- >/dev/null", 0, ""),
        ("$G nosuch 2> /dev/full", 2, ""),
        ("$G list <&- >&- 2>&-", 0, ""),
    ],
)
def test_streams_that_are_full_or_closed(tmp_path, line, code, told):
    assert shell(line, tmp_path) == (code, told)


@pytest.mark.parametrize("width", ["0", "1", "20", "60"])
def test_a_command_to_type_is_whole_on_any_terminal(tmp_path, width):
    import pty

    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        done = subprocess.Popen(
            [*COMMAND, "show"], stdout=theirs, stderr=theirs, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "COLUMNS": width},
        )  # fmt: skip
        os.close(theirs)
        told = b""
        try:
            while part := screen.read(4096):
                told += part
        except OSError:  # how a terminal says that nobody writes any more
            pass
        assert done.wait(PATIENCE_S) == 2
    assert b"`gradparity run` makes one" in told


def test_nothing_possible_is_one_line_and_stores_nothing(tmp_path):
    done = gradparity("run", "booth", "--backend", "numpy,tape", "--device", "cuda", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "gradparity: nothing of this can run here: numpy computes on cpu alone; "
        "tape computes on cpu alone\n"
    )
    assert not list(tmp_path.iterdir())
