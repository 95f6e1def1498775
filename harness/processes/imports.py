"""What of their own a user's file imports: the files whose content decides what it computes.

Read off the source, so that it is the same before and after anything is imported, and in every
process: `import` statements wherever they stand, and `import_module("...")` with a name written
out. What is installed is no part of it, nor are data files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from gradparity.problems.neighbours import Neighbours, neighbours
from gradparity.problems.python_file import package_of


def imported_files(file: str) -> list[Path]:
    """The file and the user's own modules that it imports, directly or not, each once, resolved."""
    first = Path(file).resolve()
    folder, parents = package_of(first)
    around = neighbours(folder)
    packages = [folder.joinpath(*parents[: i + 1], "__init__.py") for i in range(len(parents))]
    found: dict[Path, None] = dict.fromkeys([first, *packages])
    waiting = list(found)
    while waiting:
        for path in _imported(waiting.pop(), around):
            if path not in found:
                found[path] = None
                waiting.append(path)
    return list(found)


def _imported(path: Path, around: Neighbours) -> Iterator[Path]:
    """The files of the user's own modules that one file names."""
    if path.suffix != ".py":
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return  # whoever imports it is told
    for node in ast.walk(tree):
        for name, level in _named(node):
            if level:
                yield from _located(name.split("."), [str(path.parents[level - 1])])
            elif around.holds(name.partition(".")[0]):
                yield from _located(name.split("."), around.path)


def _named(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The modules that a piece of source imports, or may, each with its leading dots."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, 0) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield ".".join(filter(None, (node.module, alias.name))), node.level
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
        called = called.id if isinstance(called, ast.Name) else called
        name = node.args[0]
        if (
            called in ("import_module", "__import__")
            and isinstance(name, ast.Constant)
            and isinstance(name.value, str)
            and name.value.strip(".")
        ):
            bare = name.value.lstrip(".")
            yield bare, len(name.value) - len(bare)


def _located(parts: Sequence[str], path: Sequence[str]) -> Iterator[Path]:
    """The files of a dotted name's modules, as far as they are modules."""
    for part in parts:
        spec = PathFinder.find_spec(part, path)
        if spec is None:
            return
        if spec.has_location and spec.origin is not None:
            yield Path(spec.origin).resolve()
        if spec.submodule_search_locations is None:
            return
        path = list(spec.submodule_search_locations)
