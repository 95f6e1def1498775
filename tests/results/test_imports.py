from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gradparity import results

ROOT = Path(results.__file__).parent.parent


def test_importing_the_room_imports_nothing_slow() -> None:
    code = (
        "import sys; import gradparity.results; "
        "print(sorted({'numpy', 'pandas', 'matplotlib', 'sqlalchemy', 'rich', 'scipy'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_exported_name_is_there() -> None:
    for name in results.__all__:
        assert callable(getattr(results, name)), name
    with pytest.raises(AttributeError, match="nonsense"):
        results.nonsense  # noqa: B018
