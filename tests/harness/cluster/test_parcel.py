"""Users' files arrive as they were sent, and are called what they are called at home."""

from dataclasses import replace

import pytest

from gradparity.harness.cluster.parcel import ParcelSpoiled, packed, returned, sent, unpacked
from gradparity.harness.messages.spec import Question


@pytest.fixture
def mine(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine.py").write_text("import beside\n")
    (home / "beside.py").write_text("y = 1\n")
    (home / "other.py").write_text("z = 1\n")
    monkeypatch.chdir(home)
    return home


def test_a_file_goes_with_what_it_imports(mine, tmp_path):
    parcel = packed(["mine.py"])
    folder = unpacked(parcel, tmp_path / "host")
    assert sorted(path.name for path in folder.iterdir()) == ["beside.py", "mine.py"]
    assert (folder / "beside.py").read_text() == "y = 1\n"
    assert folder == tmp_path / "host" / mine.relative_to("/")


def test_what_was_changed_on_its_way_is_refused(mine, tmp_path):
    parcel = packed(["mine.py"])
    files = parcel.files | {str(mine / "beside.py"): b"y = 2\n"}
    with pytest.raises(ParcelSpoiled):
        unpacked(replace(parcel, files=files), tmp_path / "host")


def test_names_there_and_back(mine, tmp_path):
    root = tmp_path / "host"
    unpacked(packed([str(mine / "mine.py")]), root)
    there = f"{root}{mine}/mine.py"
    for name, meant in [
        ("mine.py", "mine.py"),
        (f"{mine}/mine.py", there),
        (f"{mine}/mine.py::LOSS", f"{there}::LOSS"),
        (f"{mine}/other.py", f"{mine}/other.py"),  # takes no part
    ]:
        question = Question("loss", name, "tiny", 0, "gradient")
        arrived = sent(({"it": [question]},), root)
        assert arrived[0]["it"][0].file == meant
        assert returned(arrived, root) == ({"it": [question]},)
    assert returned(f"{there}, line 3: boom", root) == f"{mine}/mine.py, line 3: boom"
