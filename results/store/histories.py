"""A descent's history as the bytes of an .npz file: every float64 comes back bit for bit.

NumPy is imported where there is one: a store without descents opens without it.
"""

from __future__ import annotations

import io
from typing import Any

from gradparity.results.records.descent import History, Looks
from gradparity.results.records.member_names import member_name, named_by


def packed_history(history: History) -> bytes:
    """Return the history as a compressed .npz file."""
    import numpy as np

    arrays: dict[str, Any] = {
        "steps": history.steps,
        "losses": history.losses,
        "evaluations": history.evaluations,
        # One array for all norms: a file inside the archive for each of many layers is slow.
        "names": np.array([*map(member_name, history.norms)], dtype=np.str_),
        "norms": np.array(list(history.norms.values()), dtype=np.float64),
    }
    for name in ("seconds", "path"):
        if getattr(history, name) is not None:
            arrays[name] = getattr(history, name)
    if history.looks is not None:
        looks = history.looks
        arrays["looks"] = np.stack([looks.steps, looks.losses, looks.held_out, looks.accuracy])
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def unpacked_history(packed: bytes) -> History:
    """Return the history that `packed_history` has packed."""
    import numpy as np

    with np.load(io.BytesIO(packed)) as arrays:
        names = map(named_by, arrays["names"].tolist())
        norms = dict(zip(names, arrays["norms"], strict=True))
        return History(
            steps=arrays["steps"],
            losses=arrays["losses"],
            evaluations=arrays["evaluations"],
            seconds=arrays.get("seconds"),
            norms=norms,
            path=arrays.get("path"),
            looks=Looks(*arrays["looks"]) if "looks" in arrays else None,
        )
