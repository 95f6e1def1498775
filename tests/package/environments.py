"""The distributions, and fresh environments with the wheel and as few libraries as one likes."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import PATIENCE_S, ROOT

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".gradparity", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build"
)


def build(folder):
    """Build wheel and sdist of the working tree into `folder`, from a copy of the tree."""
    source = folder / "source"
    shutil.copytree(ROOT, source, symlinks=True, ignore=LEFT_OUT)
    code = f"""
import setuptools.build_meta as backend
backend.build_sdist({str(folder)!r})
backend.build_wheel({str(folder)!r})
"""
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True)


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its folder, and how things are started in it."""

    folder: Path

    @property
    def site_packages(self):
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def run(self, *command, cwd, stdin="", **variables):
        """What a command of the environment gave: `gradparity`, `python`, `pytest`, ..."""
        scripts = self.folder / "bin"
        return subprocess.run(
            [scripts / command[0], *map(str, command[1:])],
            cwd=cwd, input=stdin, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            env={"PATH": f"{scripts}:/usr/bin:/bin", "HOME": str(self.folder), **variables},
        )  # fmt: skip


def environment(folder, wheel, *extras):
    """A new environment with the wheel, and what it requires with these extras, by links."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    new = Environment(Path(folder))
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True, env=alone)
    (metadata,) = new.site_packages.glob("gradparity-*.dist-info")
    for name in closure(PathDistribution(metadata).requires, extras):
        for top in {file.parts[0] for file in distribution(name).files}:
            here = Path(distribution(name).locate_file(top))
            if top not in ("..", "__pycache__") and here.exists():
                (new.site_packages / top).symlink_to(here)
    if (new.site_packages / "pytest").exists():
        script = folder / "bin" / "pytest"
        script.write_text(f"#!{folder}/bin/python\nimport sys, pytest\nsys.exit(pytest.main())\n")
        script.chmod(0o755)
    return new


def closure(requirements, extras):
    """The names of all distributions that these requirements need, those of extras included."""
    found, open_ = set(), [(Requirement(text), frozenset(extras)) for text in requirements]
    while open_:
        wanted, chosen = open_.pop()
        if wanted.marker and not any(wanted.marker.evaluate({"extra": x}) for x in {"", *chosen}):
            continue
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key[0] == "gradparity":  # `all` names the other extras
            ours = [Requirement(text) for text in requirements]
            open_ += [(each, key[1]) for each in ours if each.marker]
        elif key not in found:
            found.add(key)
            needed = distribution(wanted.name).requires or []
            open_ += [(Requirement(text), key[1]) for text in needed]
    return {name for name, _ in found}
