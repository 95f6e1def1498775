"""The house: what imports what, how large a room may be, and that the map of it is true."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import gradparity
from gradparity.backends.catalogue import BACKENDS
from tests import PACKAGE, ROOT, rooms

ALLOWED = {
    "problems": set(),
    "backends": {"problems"},
    "results": set(),
    "harness": {"backends", "problems", "results"},
}
"""What each of the four rooms may import besides itself."""

MOST = 24
"""Files in a room."""

MEMBERS = {"backends/numpy_backprop", "harness/conventions/cases"}
"""Rooms with one file for each member of a catalogue: as many as there are members."""

FILES = rooms.file_graph()
ROOMS = rooms.room_graph(FILES)


@pytest.mark.parametrize("room", ALLOWED)
def test_the_four_rooms_import_one_way(room):
    for module, used in FILES.items():
        if module.partition(".")[0] == room:
            others = {other.partition(".")[0] for other in used} - {room}
            assert others <= ALLOWED[room], f"{module} imports {others - ALLOWED[room]}"


def test_no_files_import_each_other_in_a_circle():
    assert not rooms.circle(FILES)


def test_no_rooms_import_each_other_in_a_circle():
    """So that every arrow runs down: a room's floor is above that of all that it uses."""
    assert not rooms.circle(ROOMS)


def test_an_arrow_that_closes_a_circle_is_found():
    used = rooms.modules()["problems.errors"]
    graph = {module: set(names) for module, names in FILES.items()}
    graph["problems.errors"].add("problems.problem")
    assert used.is_file()
    found = rooms.circle(graph)
    assert found[0] == found[-1]
    assert {"problems.errors", "problems.problem"} <= set(found)


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("from gradparity.problems.errors import InputError", "problems.errors"),
        ("def f():\n    from gradparity.problems import errors", "problems.errors"),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import gradparity.problems.errors",
            "problems.errors",
        ),
        (
            "import importlib\nimportlib.import_module('gradparity.problems.errors')",
            "problems.errors",
        ),
        ("from gradparity import problems", "problems"),
    ],
)
def test_an_import_counts_wherever_it_stands(tmp_path, text, module):
    file = tmp_path / "some.py"
    file.write_text(text)
    assert rooms.imports(file, rooms.modules()) == {module}


def test_no_room_is_too_large():
    files = [rooms.room_of(module, path) for module, path in rooms.modules().items()]
    sizes = {room: files.count(room) for room in set(files) - MEMBERS}
    assert {room: size for room, size in sizes.items() if size > MOST} == {}


def test_the_map_in_the_architecture_is_of_today():
    """`make map` draws it."""
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert rooms.with_map(page) == page


def test_the_backends_catalogue_names_modules_of_its_room():
    assert all(module.startswith("gradparity.backends.") for module in BACKENDS.values())


@pytest.mark.parametrize("room", ALLOWED)
def test_the_package_holds_the_rooms(room):
    assert Path(gradparity.__file__).parent == PACKAGE
    assert (PACKAGE / "py.typed").is_file()
    if (ROOT / room).exists():  # not in a source distribution, which has the rooms in the package
        assert (PACKAGE / room).resolve() == ROOT / room


def test_every_public_class_has_a_name_of_its_own():
    homes = defaultdict(list)
    for module, path in rooms.modules().items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(module)
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
