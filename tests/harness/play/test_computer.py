"""The process that computes frames: what hangs or dies there costs one answer."""

import json
import os
import signal

import pytest

from gradparity.harness.play.computer import Computer, Target
from gradparity.problems import InputError
from tests import PATIENCE_S


@pytest.fixture
def computer():
    made = Computer(seconds=PATIENCE_S)
    yield made
    made.close()


def test_a_killed_process_costs_one_answer(computer):
    assert computer.ask("slope", {}).status == 200
    os.kill(computer._process.pid, signal.SIGKILL)
    computer._process.join()
    assert computer.ask("slope", {}).status == 200


def test_a_stopped_process_is_given_up_after_its_time(computer):
    assert computer.ask("slope", {}).status == 200
    computer.seconds = 0.5
    os.kill(computer._process.pid, signal.SIGSTOP)
    told = computer.ask("slope", {})
    assert (told.status, json.loads(told.text)["error"]) == (
        503,
        "no answer within 0.5 s; the next answer starts another process",
    )
    computer.seconds = PATIENCE_S
    assert computer.ask("slope", {}).status == 200


HANGS = "import time\n\ndef hangs(x, y):\n    time.sleep(1000)\n"
DIES = "import os\n\ndef dies(x, y):\n    os.kill(os.getpid(), 11)\n"
EATS = "import numpy as np\n\ndef eats(x, y):\n    return np.ones((40_000, 40_000)).sum() + x + y\n"


@pytest.fixture
def of_file(tmp_path):
    made = []

    def make(text, seconds=PATIENCE_S, memory_gib=4.0):
        file = tmp_path / "mine.py"
        file.write_text(text)
        made.append(Computer(seconds, Target(str(file)), memory_gib))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("text", "told"), [(DIES, "has died of SIGSEGV"), (EATS, "out of memory")], ids=["dies", "eats"]
)
def test_a_loss_that_dies_or_eats_costs_its_answer_alone(of_file, text, told):
    computer = of_file(text)
    assert computer.told()[0]["name"] == "landscape"  # it is not called before it is looked at
    assert told in json.loads(computer.ask("landscape", {}).text)["error"]
    assert computer.ask("slope", {}).status == 200


def test_a_loss_that_hangs_costs_its_answer_alone(of_file):
    computer = of_file(HANGS)
    computer.told()
    assert computer.ask("slope", {}).status == 200
    computer.seconds = 2.0
    assert "no answer within 2 s" in computer.ask("landscape", {}).text
    computer.seconds = PATIENCE_S
    assert computer.ask("slope", {}).status == 200


@pytest.mark.parametrize(
    ("text", "told"),
    [("raise ValueError('no')", "mine.py, line 1: ValueError: no"), ("x = (", "mine.py, line 1"),
     ("import os; os._exit(3)", "the process that computes has ended with code 3")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_line(of_file, text, told):
    with pytest.raises(InputError) as raised:
        of_file(text).told()
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
