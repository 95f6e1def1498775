"""The rooms import one way: harness -> backends -> problems, and harness -> results."""

import ast
from pathlib import Path

import pytest

import gradparity
from tests import PACKAGE, ROOT

ALLOWED = {
    "problems": {"problems"},
    "backends": {"backends", "problems"},
    "results": {"results"},
    "harness": {"harness", "backends", "problems", "results"},
}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.args[0].value


@pytest.mark.parametrize("room", ALLOWED)
def test_arrows(room):
    files = list((PACKAGE / room).rglob("*.py"))
    assert files
    for path in files:
        ours = (name.split(".") for name in imported(path) if name.startswith("gradparity."))
        rooms = {name[1] for name in ours}
        assert rooms <= ALLOWED[room], f"{path.relative_to(ROOT)} imports {rooms - ALLOWED[room]}"


def test_backend_catalogue_names_modules_of_its_room():
    from gradparity.backends.catalogue import BACKENDS

    assert all(module.startswith("gradparity.backends.") for module in BACKENDS.values())


@pytest.mark.parametrize("room", ALLOWED)
def test_the_package_holds_the_rooms(room):
    assert Path(gradparity.__file__).parent == PACKAGE
    assert (PACKAGE / room).resolve() == (ROOT / room if (ROOT / room).exists() else PACKAGE / room)
    assert (PACKAGE / "py.typed").is_file()
