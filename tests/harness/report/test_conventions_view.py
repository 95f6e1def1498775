"""The report's view of the atlas of conventions."""

from gradparity.harness.conventions.answers import COLUMNS
from gradparity.harness.conventions.atlas import Atlas
from gradparity.harness.report.conventions_view import conventions_view
from gradparity.harness.report.material.material import Material


def row(case, family, agree, wrong="", **answers):
    told = {name: answers.get(name, "0") for name in COLUMNS}
    return {"case": case, "family": family, "at": "0", "exact": "0", "lawful": "0 to 1", **told} | {
        "agree": agree,
        "wrong": wrong,
    }


ROWS = [
    row("relu", "activations", "yes"),
    row("abs", "activations", "differ", jax="1"),
    row("x^y", "powers", "wrong", "torch"),
    row("<script>\u202e", "powers", "alone"),
]


def view():
    found = conventions_view(Material(atlas=Atlas(versions={"torch": "2.13"}, rows=tuple(ROWS))))
    assert found is not None
    return found


def test_counts_are_those_of_the_rows() -> None:
    frame = view().frames["all"]
    assert frame.sentence == "4 cases of all families: 1 lawful difference, 1 wrong. torch 2.13."
    (bars,) = frame.charts[0].marks
    assert dict(zip(bars.names, bars.heights, strict=True)) == {
        "all agree": 1, "they differ": 1, "somebody is wrong": 1, "fewer than two answer": 1,
    }  # fmt: skip
    assert frame.tables[0].columns["wrong"] == ["", "", "torch", ""]


def test_a_family_has_its_own_rows_and_hostile_names_are_seen() -> None:
    frame = view().frames["powers"]
    assert frame.tables[0].columns["case"] == ["x^y", "<script>\\u202e"]
    assert frame.charts[0].title == "Of 2 cases they differ in 0; somebody is wrong in 1"


def test_without_an_atlas_there_is_no_view() -> None:
    assert conventions_view(Material()) is None
