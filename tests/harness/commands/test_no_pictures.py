"""`run --no-pictures`: the same tables, and no file beside the store."""

from tests.harness.command import gradparity


def test_no_picture_is_drawn_where_none_is_wanted(tmp_path):
    words = ("run", "booth", "--backend", "numpy", "--size", "tiny", "--rounds", 2, "--extra", 0)
    done = gradparity(*words, "--no-pictures", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "picture" not in done.stdout
    assert list(tmp_path.rglob("*.png")) == list(tmp_path.rglob("*.svg")) == []
    drawn = gradparity(*words, cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    assert list(tmp_path.rglob("time.png"))
