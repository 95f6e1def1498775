"""Which gradparity runs, and which others are on the path."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import gradparity

HERE = Path(gradparity.__file__).parent.parent
"""The folder on the path whose gradparity runs."""

OWN = gradparity.__version__


def others() -> dict[Path, str]:
    """Folders on the path with a gradparity of another version, and that version.

    An old one, from before there was a package `gradparity`, is known by what pip noted.
    """
    found = {}
    for entry in dict.fromkeys(sys.path):
        folder = Path(entry)
        if version := _package(folder) or _rooms(folder):
            found[folder] = version
    return {folder: version for folder, version in found.items() if version != OWN}


def warning() -> str | None:
    """One line that names all versions and their places, if there is another."""
    named = [f"{version} in {folder}" for folder, version in others().items()]
    if not named:
        return None
    return (
        f"this is {OWN} in {HERE}; on the path there is also {', '.join(named)}: "
        "uninstall it, or take it off PYTHONPATH"
    )


def _package(folder: Path) -> str | None:
    file = folder / "gradparity" / "__init__.py"
    if not file.is_file():
        return None
    stated = re.search(r'^__version__ = "(.+)"', file.read_text(errors="replace"), re.MULTILINE)
    return stated[1] if stated else "one without a version"


def _rooms(folder: Path) -> str | None:
    if not (folder / "harness" / "cli.py").is_file():
        return None
    for noted in folder.glob("gradparity-*-info"):
        return noted.name.split("-")[1].removesuffix(".dist")
    return None
