"""Where a worker's code comes from, and what of it stands in its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import gradparity

ROOT = Path(gradparity.__file__).parent.parent
"""The folder that holds the package `gradparity`."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Where a worker's code comes from.

    root: holds the package `gradparity` that it imports. folder: where it runs, so that a user's
    relative files mean those of this tree; None for where the parent runs. compiled: a folder in
    which JAX keeps what it compiled, for workers that do the same; None for wherever the user has
    it kept.
    """

    root: Path = ROOT
    folder: Path | None = None
    compiled: Path | None = None

    def variables(self) -> dict[str, str]:
        """Of the environment of its workers."""
        path = os.pathsep.join(filter(None, (str(self.root), os.environ.get("PYTHONPATH"))))
        if self.compiled is None:
            return {"PYTHONPATH": path}
        return {
            "PYTHONPATH": path,
            "JAX_COMPILATION_CACHE_DIR": str(self.compiled),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
        }


OWN_TREE = Tree()
"""This gradparity, where it was started."""
