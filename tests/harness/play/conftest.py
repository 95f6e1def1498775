"""Live pages' servers, each one for a module of tests."""

import re
import subprocess
import sys
from contextlib import contextmanager

import pytest


@contextmanager
def served(*arguments):
    """The address of a page that `gradparity play` serves for these arguments."""
    command = [sys.executable, "-m", "gradparity", "play", *arguments, "--port", "0", "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline()).group(0)
        process.terminate()


@pytest.fixture(scope="module")
def origin():
    with served() as address:
        yield address
