"""Who imports whom: every file and room of the package, read from the code.

`python -m tests.rooms` (`make map`) draws the rooms into ARCHITECTURE.md. A room is a folder; the
files of `harness/judging/diagnosis` lie in that room, not in `harness/judging`. An import counts
wherever it stands: at the top, inside a function, under TYPE_CHECKING, or as the text of a module's
name, by which catalogues and lazy packages name what they import on request.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests import PACKAGE, ROOT

FOUR = ("problems", "backends", "results", "harness")
MARKS = "<!-- made by `make map` -->", "<!-- end of the map -->"

Graph = dict[str, set[str]]


def modules() -> dict[str, Path]:
    """Every module of the four rooms, without the package's own name: "harness.cli" -> its file."""
    found = {}
    for room in FOUR:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: Iterable[str]) -> set[str]:
    """The modules among `known` that a file imports."""
    known = set(known)
    found = set()
    for name in _named(ast.parse(path.read_text()), path):
        name = name.removeprefix("gradparity.")
        while name and name not in known:
            name = name.rpartition(".")[0]
        if name:
            found.add(name)
    return found


def _named(tree: ast.AST, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names if "gradparity." in alias.name)
            case ast.ImportFrom(level=level) if level:
                raise AssertionError(f"{path}, line {node.lineno}: relative import")
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == "gradparity":
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def room_of(module: str, path: Path) -> str:
    """The folder that a module lies in, as "harness/judging"."""
    return (module if path.name == "__init__.py" else module.rpartition(".")[0]).replace(".", "/")


def file_graph() -> Graph:
    """Module -> the modules that it imports."""
    found = modules()
    return {module: imports(path, found) - {module} for module, path in found.items()}


def room_graph(files: Mapping[str, set[str]]) -> Graph:
    """Room -> the other rooms that its files import. Faces (`__init__.py`) draw no arrow."""
    found = modules()
    rooms = {module: room_of(module, path) for module, path in found.items()}
    graph: Graph = defaultdict(set)
    for module, used in files.items():
        graph[rooms[module]]
        if found[module].name != "__init__.py":
            graph[rooms[module]] |= {rooms[other] for other in used} - {rooms[module]}
    return dict(graph)


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle, first and last the same; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def floors(graph: Mapping[str, set[str]]) -> dict[str, int]:
    """Floor of each room: 1 for those that use nothing, else one above the highest they use."""
    found: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        found[room] = 1 + max((found[used] for used in graph[room]), default=0)
    return found


def drawn() -> str:
    """The map as Markdown: for each of the four rooms a picture, and a table of its rooms."""
    graph = room_graph(file_graph())
    floor = floors(graph)
    parts = [_picture("the package", FOUR, _folded(graph))]
    for top in FOUR:
        inside = [room for room in graph if room.startswith(f"{top}/") and room.count("/") == 1]
        if len(inside) > 1:
            parts.append(_picture(top, inside, _within(graph, inside)))
    parts.append(_table(graph, floor))
    return "\n\n".join(parts)


def _folded(graph: Graph) -> Graph:
    """The arrows between the four rooms."""
    folded: Graph = {top: set() for top in FOUR}
    for room, used in graph.items():
        top = room.partition("/")[0]
        folded[top] |= {other.partition("/")[0] for other in used} - {top}
    return folded


def _within(graph: Graph, inside: Iterable[str]) -> Graph:
    """The arrows between rooms that lie side by side, those of the rooms in them included."""
    within: Graph = {room: set() for room in inside}
    for room, used in graph.items():
        here = _side(room, within)
        if here:
            within[here] |= {side for other in used if (side := _side(other, within))} - {here}
    return within


def _side(room: str, sides: Iterable[str]) -> str | None:
    return next((side for side in sides if room == side or room.startswith(side + "/")), None)


def _picture(title: str, rooms: Iterable[str], graph: Graph) -> str:
    """A Mermaid flowchart; an arrow that a longer way of arrows says too is left out."""
    above = _reach(graph)
    lines = ["```mermaid", "---", f"title: {title}", "---", "flowchart TD"]
    lines += [f'  {_key(room)}["{room.rpartition("/")[2]}"]' for room in sorted(rooms)]
    for room in sorted(graph):
        for used in sorted(graph[room]):
            if not any(used in above[other] for other in graph[room] - {used}):
                lines.append(f"  {_key(room)} --> {_key(used)}")
    return "\n".join([*lines, "```"])


def _key(room: str) -> str:
    return room.replace("/", "_")


def _reach(graph: Graph) -> Graph:
    """Room -> all that it uses, through others too."""
    reach: Graph = {}
    for room in TopologicalSorter(graph).static_order():
        reach[room] = graph[room].union(*(reach[used] for used in graph[room]))
    return reach


def _table(graph: Graph, floor: Mapping[str, int]) -> str:
    lines = ["| room | floor | its question, or what it holds |", "|---|--:|---|"]
    for room in sorted(graph):
        face = PACKAGE / room / "__init__.py"
        says = (ast.get_docstring(ast.parse(face.read_text())) or "").split("\n\n")[0]
        lines.append(f"| `{room}/` | {floor[room]} | {' '.join(says.split())} |")
    arrows = sum(map(len, graph.values()))
    return "\n".join(
        [*lines, "", f"{len(graph)} rooms on {max(floor.values())} floors, {arrows} arrows."]
    )


def with_map(text: str) -> str:
    """ARCHITECTURE.md's text with the map of today between its marks."""
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return f"{before}{MARKS[0]}\n\n{drawn()}\n\n{MARKS[1]}{after}"


def main() -> None:
    """Draw the map into ARCHITECTURE.md."""
    page = ROOT / "ARCHITECTURE.md"
    page.write_text(with_map(page.read_text()))


if __name__ == "__main__":
    main()
