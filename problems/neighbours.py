"""What lies beside a user's file, imported for that file and its neighbours alone.

A neighbour may be called like anything: `helper`, `problems`, or like a library that we import
ourselves. So the folder of a user's file becomes a package under a private name, and the `import`
statements in it, whenever they are executed, look there first, and last where we stand. Every other
module imports what it would have imported anyway.
"""

from __future__ import annotations

import builtins
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any


@cache
def neighbours(folder: Path) -> Neighbours:
    """The one finder of a folder in this process."""
    found = Neighbours(folder)
    spec = ModuleSpec(found.package, None, is_package=True)
    spec.submodule_search_locations = found.path
    sys.modules[found.package] = module_from_spec(spec)
    sys.meta_path.insert(0, found)
    return found


class Neighbours:
    """Finds the modules of one folder, as those of a package of its own.

    package: its name. files: modules whose file is known, by full name.
    """

    def __init__(self, folder: Path) -> None:
        self.path = [str(folder), os.getcwd()]
        self.package = "gradparity_" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        self.files: dict[str, Path] = {}
        self.holds = cache(self._holds)

    def module(self, file: Path, parents: Sequence[str]) -> ModuleType:
        """The module in `file`, which lies in these packages below the folder."""
        name = ".".join([self.package, *parents, file.stem.replace(".", "_")])
        self.files[name] = file
        return import_module(name)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib asks every finder on `sys.meta_path`."""
        if not name.startswith(f"{self.package}."):
            return None
        if name in self.files:
            spec = spec_from_file_location(name, self.files[name])
        else:
            spec = PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(name, spec.loader.path, self.imported)
        return spec

    def imported(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        """As `builtins.__import__`, for what is written in the folder."""
        top = name.partition(".")[0]
        if level > 0 or not self.holds(top):
            return builtins.__import__(name, globals, locals, fromlist, level)
        found = builtins.__import__(f"{self.package}.{name}", globals, locals, fromlist)
        return found if fromlist else sys.modules[f"{self.package}.{top}"]

    def _holds(self, top: str) -> bool:
        """Whether the folder, or where we stand, has what this name means there."""
        if top == "gradparity" or top in sys.builtin_module_names:
            return False
        here = PathFinder.find_spec(top, self.path[:1])
        if here is not None and here.origin is not None:
            return True
        elsewhere = find_spec(top)  # comes before a folder that has no __init__.py
        if elsewhere is not None and elsewhere.origin is not None:
            return False
        return PathFinder.find_spec(top, self.path) is not None


class _Loader(SourceFileLoader):
    """Executes a module with an `import` of its own."""

    def __init__(self, name: str, path: str, imported: Any) -> None:
        super().__init__(name, path)
        self.imported = imported

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": self.imported}
        super().exec_module(module)
