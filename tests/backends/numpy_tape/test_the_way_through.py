"""The page that leads through the tape names every file, and what it shows is so; one-way rooms."""

import ast
import re
from textwrap import dedent

import numpy as np
import pytest

from gradparity.backends import numpy_tape
from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine.loss_call import taped
from gradparity.backends.numpy_tape.programs.program import Node
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.programs.trace import trace
from tests import PACKAGE

FOLDER = PACKAGE / "backends" / "numpy_tape"
PAGE = numpy_tape.__doc__
ROOMS = {
    room.lower(): f"{room}\n---"
    for room in ("Primitives", "Operations", "Engine", "Programs", "Source")
}
FILES = sorted(p for p in FOLDER.rglob("*.py") if p.name != "__init__.py")

SHOWN: dict = {}
exec(dedent(re.search(r"    def loss\(.*?\n\n", PAGE, re.DOTALL)[0]), SHOWN)
loss = SHOWN["loss"]


def x(size):
    return {"x": np.linspace(-1, 1, size)}


@pytest.mark.parametrize("room", ROOMS)
def test_every_file_is_named_in_the_part_about_its_room(room):
    start = PAGE.index(ROOMS[room])
    part = PAGE[start : min((i for i in map(PAGE.find, ROOMS.values()) if i > start), default=None)]
    here = [path.name for path in FILES if path.parent.name == room]
    assert len(here) > 5
    assert [name for name in here if f"`{name}`" not in part] == []


def test_every_file_is_named_and_every_file_named_exists():
    named = set(re.findall(r"`(\w+\.py)`", PAGE))
    assert named == {path.name for path in FILES}


def test_the_record_of_tanh_is_as_shown():
    (record,) = re.findall(r'"tanh", np.tanh, .*', PAGE)
    assert f"Elementwise({record})\n" in (FOLDER / "primitives" / "elementwise.py").read_text()


def test_the_tape_holds_tanh_then_sum():
    _, boxes = taped(loss, x(100), {})
    names = [node.call[0].name for node in boxes["x"].tape.nodes]
    assert names == ["tanh", "sum"]


def written(operand):
    return f"%{operand.number}" if isinstance(operand, Node) else repr(operand)


def test_the_program_is_as_shown():
    program = trace("gradient", loss, x(100), {})
    lines = [
        f"%{node.number} = {node.name}({', '.join(map(written, node.inputs))})"
        for node in simplified(program).nodes
    ]
    assert re.findall(r"%\d = .*", PAGE) == lines
    assert len(program.nodes) == 9
    assert "Nine lines are left as five" in PAGE


@pytest.mark.parametrize(("size", "step"), [(100, "10."), (3, "11."), (1_000_000, "12.")])
def test_the_emitted_lines_are_as_shown(size, step):
    part = PAGE[PAGE.index(f"\n{step}") :]
    block = re.search(r"\n\n((        .*\n)+)", part)[1]
    source = compile_operator("gradient", loss, x(size), {}).source
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("# Backward")]
    shown = [line.strip() for line in block.splitlines()]
    assert any(lines[i : i + len(shown)] == shown for i in range(len(lines))), source


def imports(path):
    """The modules of the tape that a file imports, deferred ones too, as paths."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            files = {
                PACKAGE / f"{name.removeprefix('gradparity.').replace('.', '/')}.py"
                for name in names
            }
            found |= files & set(FILES)
    return found


def test_a_room_uses_those_before_it_alone():
    order = {room: place for place, room in enumerate([*ROOMS, "numpy_tape", "sparse"])}
    for path in FILES:
        for other in imports(path):
            assert order[other.parent.name] <= order[path.parent.name], f"{path} imports {other}"


def test_no_file_needs_itself():
    left = {path: imports(path) for path in FILES}
    while free := [path for path, needs in left.items() if not needs & left.keys()]:
        for path in free:
            del left[path]
    assert left == {}
