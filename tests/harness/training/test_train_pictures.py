"""The pictures of a race: which there are, and the landscape under the paths."""

import numpy as np
import pytest

import gradparity
from gradparity.harness.training.descents.plane import loss_plane
from gradparity.harness.training.pictures import draw_race
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from tests.harness.files import GOOD


def test_the_plane_is_the_loss_in_the_order_of_the_parameters():
    """Booth is (x + 2 y - 7)² + (2 x + y - 5)², 0 at (1, 3)."""
    x, y = np.array([0.0, 1.0, 2.5]), np.array([-1.0, 3.0])
    z = loss_plane(PROBLEMS["booth"], "tiny", 0, [x, y])
    a, b = np.meshgrid(x, y)
    np.testing.assert_allclose(z, (a + 2 * b - 7) ** 2 + (2 * a + b - 5) ** 2, rtol=1e-14)
    assert z[1, 1] == 0.0


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    race = gradparity.train(
        *("booth", "xor-tanh"),
        optimizers=["gd", "adam"],
        rates="0.01:1:log3",
        seeds=2,
        steps=20,
        store=folder / "results.db",
    )
    return folder, race


def test_all_pictures_are_drawn(raced):
    folder, race = raced
    drawn = draw_race(race.descents, str(folder / "pictures"), ())
    names = {"loss", "rates", "profiles", "paths", "surfaces", "held-out", "norms"}
    assert {path.stem for path in drawn.paths} == names
    assert all(path.stat().st_size > 1000 for path in drawn.paths)
    assert drawn.skipped == {
        "curves": "no problem has one variable",
        "boundaries": "no problem of the catalogue has two classes in the plane",
    }


def test_a_loss_that_dies_costs_its_own_landscape(raced, tmp_path):
    _, race = raced
    dying = GOOD.replace("return xp.mean", "os.kill(os.getpid(), 9); return xp.mean")
    (tmp_path / "mine.py").write_text(dying.replace('"mine"', '"booth"'))
    descents = [descent for descent in race.descents if descent.problem == "booth"]
    drawn = draw_race(descents, str(tmp_path / "pictures"), [str(tmp_path / "mine.py")])
    assert "paths" in drawn.skipped
    assert {path.stem for path in drawn.paths} >= {"loss", "rates"}


def test_a_folder_that_is_none_is_one_line(raced, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot draw in"):
        draw_race(raced[1].descents[:1], str(tmp_path / "file"), ())
