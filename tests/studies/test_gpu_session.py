"""What `make gpu` does, with stand-ins: no GPU is needed, and none is tried."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch

from tests import ROOT
from tests.studies import gpu_session
from tests.studies.gpu_session import STEPS, GpuStep, judge_kernels, main, page, session


def stand_in(command):
    code = 1 if command[0] == "bad" else 0
    return subprocess.CompletedProcess(command, code, f"did {command[0]}\n", "")


def test_without_a_gpu_it_is_one_line_and_exit_code_2(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    target = tmp_path / "gpu.md"
    assert main([], target) == 2
    told = capsys.readouterr()
    assert told.err == "make gpu needs a GPU: torch finds no CUDA device on this machine\n"
    assert not told.out
    assert not target.exists()


def test_a_step_that_fails_does_not_end_the_others() -> None:
    found = session([GpuStep("one", ("bad",)), GpuStep("two", ("good",))], stand_in)
    assert [x.code for x in found] == [1, 0]
    text = page("a card", found)
    assert "1 of 2 as they should be" in text
    assert "did bad" in text
    assert "did good" in text


def test_with_a_gpu_every_step_is_taken_and_the_page_written(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a card")
    taken = []

    def run(command):
        taken.append(tuple(command))
        return stand_in(command)

    target = tmp_path / "gpu.md"
    assert main([], target, run) == 0
    assert taken == [step.command for step in STEPS]
    assert target.read_text().startswith("# On a GPU\n\nMade by `make gpu` on a card: 5 of 5")


def test_what_the_steps_name_is_there() -> None:
    for step in STEPS:
        if step.command[1:2] == ("tests.studies.gpu_session",):
            assert step.command[2] in gpu_session.PARTS
        elif step.command[0] != "-m":
            assert (ROOT / step.command[0]).exists()


def test_the_judge_of_kernels_runs_as_well_on_the_cpu(monkeypatch, capsys) -> None:
    monkeypatch.setattr(gpu_session, "KERNELS", ("GELU",))
    assert judge_kernels("cpu") == 0
    assert "GELU, times 1.02, bfloat16: wrong" in capsys.readouterr().out


def test_the_example_in_triton_says_in_one_line_what_it_needs() -> None:
    pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = gpu_session.run(["examples/triton_softmax.py"])
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "needs" in done.stderr
