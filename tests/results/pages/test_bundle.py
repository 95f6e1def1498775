"""The script as one module, and pages that nothing in their data can break."""

import json
import math
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from gradparity.results.pages.bundle import ORDER, page, script
from gradparity.results.pages.encoding import embedded, encoded

SCRIPT = Path(__file__).parents[3] / "results/pages/script"


def test_every_module_is_in_the_bundle_behind_those_it_imports():
    assert {path.stem for path in SCRIPT.glob("*.js")} >= {*ORDER, "main"}
    for place, name in enumerate(ORDER):
        text = (SCRIPT / f"{name}.js").read_text()
        imported = re.findall(r'^import .* from "\./(.*)\.js";$', text, re.MULTILINE)
        assert set(imported) <= set(ORDER[:place]), name


def test_top_level_names_are_told_apart():
    pattern = r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)"
    found = [
        name
        for module in (*ORDER, "main")
        for name in re.findall(pattern, (SCRIPT / f"{module}.js").read_text(), re.MULTILINE)
    ]
    assert len(found) == len(set(found))


@pytest.mark.skipif(which("node") is None, reason="there is no node to read it")
def test_the_bundle_is_a_module(tmp_path):
    (tmp_path / "all.mjs").write_text(script())
    subprocess.run(["node", "--check", tmp_path / "all.mjs"], check=True)


@dataclass(frozen=True)
class Pair:
    value: float
    name: str = ""


def test_numbers_are_read_back_to_the_last_bit():
    values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0]
    assert json.loads(encoded(values)) == values
    assert math.copysign(1, json.loads(encoded(-0.0))) == -1
    assert json.loads(encoded([np.float32(0.1)])) == [float(np.float32(0.1))]


def test_what_json_has_no_word_for():
    told = json.loads(encoded(Pair(math.nan, "")))
    assert told == {"kind": "pair", "value": {"nonfinite": "NaN"}}
    assert json.loads(encoded([math.inf, -math.inf])) == [
        {"nonfinite": "Infinity"},
        {"nonfinite": "-Infinity"},
    ]


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "\u2028", "\ud800", "<!--", "\"'&"]
)
def test_no_name_breaks_out_of_the_page(name):
    text = page(name, {"base": "/", "views": [{"name": name}]})
    assert text.count("</script>") == 2
    held = re.search(r'id="page">(.*?)</script>', text, re.DOTALL).group(1)
    assert json.loads(held)["views"][0]["name"] == json.loads(embedded(name))
    assert "<" not in held
