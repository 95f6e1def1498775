from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gradparity import results

ROOT = Path(results.__file__).parent.parent


def test_importing_the_room_imports_nothing_slow() -> None:
    code = (
        "import sys; import gradparity.results.records.record, gradparity.results.records.statuses; "
        "print(sorted({'numpy', 'pandas', 'matplotlib', 'sqlalchemy', 'rich', 'scipy'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
