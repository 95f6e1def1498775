"""The process that computes frames: what hangs or dies there costs one answer."""

import json
import os
import signal

import pytest

from gradparity.harness.play.computer import Computer


@pytest.fixture
def computer():
    made = Computer(seconds=30.0)
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
        "no answer within 0.5 s; the next one starts afresh",
    )
    computer.seconds = 30.0
    assert computer.ask("slope", {}).status == 200
