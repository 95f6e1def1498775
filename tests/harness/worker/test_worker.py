"""A worker answers every request there is."""

import os
import subprocess
import sys

import pytest

from gradparity.harness.messages.catalogue import REQUESTS
from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Calibrate, Forget, Prepare, TakeSample
from gradparity.harness.worker.serving import show_traceback
from gradparity.harness.worker.worker import Worker

SPEC = Spec("booth", None, "tiny", 0, "gradient", "float64", "cpu", 1, "numpy", "portable")


@pytest.mark.parametrize("name", REQUESTS)
def test_every_request_has_somebody_who_answers(name):
    """With nothing in its fields it fails, but for what is missing there."""
    kind, told = REQUESTS[name], ""
    try:
        Worker().answer(kind(*[None] * len(kind.__dataclass_fields__)))
    except Exception as error:
        told = str(error)
    assert "nobody answers" not in told


def test_what_nobody_knows_is_refused():
    with pytest.raises(TypeError, match="nobody answers Spec"):
        Worker().answer(SPEC)


def test_samples_are_of_what_is_prepared():
    worker = Worker()
    with pytest.raises(RuntimeError, match="nothing is prepared"):
        worker.answer(TakeSample(1))
    assert worker.answer(Prepare(SPEC, None)).parameters == 2
    assert worker.answer(Calibrate(1e-3, 5e-3)).calls > 1
    assert worker.answer(TakeSample(3)).seconds > 0
    worker.answer(Forget())
    with pytest.raises(RuntimeError, match="nothing is prepared"):
        worker.answer(TakeSample(1))


def test_nothing_heavy_is_imported_before_affinity_is_set():
    heavy = {"numpy", "jax", "torch", "scipy"}
    code = f"import sys, gradparity.harness.worker.__main__; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "set()"


def test_a_traceback_is_shown_and_not_obeyed(capsys):
    try:
        raise ValueError("no\n::error::x\n\x1b[31m\u202e")
    except ValueError:
        show_traceback()
    told = capsys.readouterr().err
    assert told.isascii()
    assert "\n::" not in told
    assert "\x1b" not in told
    assert told.startswith("Traceback (most recent call last):\n")
    assert told.endswith("\n\\x3a:error::x\n\\x1b[31m\\u202e\n")
