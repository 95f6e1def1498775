"""`gradients`: what a gradient does to its worker costs its own row, and nobody else's."""

import json

from tests.harness.command import gradparity
from tests.studies.misbehaving_losses import MISBEHAVING, together

NAMES = ("patches numpy's sum", "patches json", "patches open")


def test_what_a_gradient_patches_is_not_there_for_the_next(tmp_path):
    known = {one.name: one for one in MISBEHAVING}
    losses = {f"loss{i}": known[name] for i, name in enumerate(NAMES)}
    (tmp_path / "losses.py").write_text(together(losses))
    done = gradparity(
        *("gradients", "losses.py", "--backend", "numpy", "--timeout", "60", "-f", "json"),
        cwd=tmp_path,
    )
    found = {one["problem"]: one["missing"] for one in json.loads(done.stdout)}
    assert found.keys() == {"mine", *losses}, done.stderr
    assert found["mine"] == {}
