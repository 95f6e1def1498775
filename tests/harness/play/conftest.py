"""A live page's server, one for a module of tests."""

import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def origin():
    command = [sys.executable, "-m", "gradparity", "play", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline()).group(0)
        process.terminate()
