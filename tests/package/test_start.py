"""*Start*, word for word, where there is only the wheel and what its extras bring."""

import pytest

from tests.package.environments import Environment, environment
from tests.package.start import PAGE, follow
from tests.pages.blocks import blocks, installed

EXTRAS = ("torch", "jax", "pytest")


@pytest.fixture(scope="session")
def newcomers(distributions, once):
    """An environment with all that *Start* installs; `make release-check` does it with pip."""
    return Environment(once("newcomers", lambda made: environment(made, distributions[0], *EXTRAS)))


def test_start_does_what_it_shows(newcomers, tmp_path):
    executed, commands, held = follow(newcomers.folder / "bin" / "python", tmp_path)
    assert installed(PAGE) >= {f"gradparity[{extra}]" for extra in EXTRAS}
    assert executed + held + 1 == len(blocks(PAGE))  # the last is for GitHub's runner
    assert commands >= 5
