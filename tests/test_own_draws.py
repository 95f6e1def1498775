"""What a test draws does not depend on which others ran before it in its process."""

import ast
import re

import pytest

from tests import ROOT

MAKERS = ("default_rng", "RandomState", "Random", "Generator", "manual_seed")
MAKES = re.compile(rf"^[A-Za-z_]+ = .*\b({'|'.join(MAKERS)})\(", re.M)
FILES = [p for p in sorted((ROOT / "tests").rglob("test_*.py")) if MAKES.search(p.read_text())]


def shared_draws(text):
    """(line, name) of each use, inside a function, of a generator that its module has made."""
    tree = ast.parse(text)
    made = {
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).rpartition(".")[2] in MAKERS
    }
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda))
    names = {n for f in functions for n in ast.walk(f) if isinstance(n, ast.Name)}
    return sorted({(n.lineno, n.id) for n in names if n.id in made})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_module_s_generator_is_drawn_from_at_import_alone(path):
    assert shared_draws(path.read_text()) == []


def test_a_draw_in_a_function_is_seen():
    module = (
        "RNG = np.random.default_rng(0)\nX = RNG.normal()\ndef test_x():\n    y = RNG.normal()\n"
    )
    assert shared_draws(module) == [(4, "RNG")]
