"""Tables of a notebook: the words of a terminal's, escaped."""

import re
from html import unescape

import gradparity as gp
from gradparity.results.tables.columns import groups
from gradparity.results.tables.run_table import WIDE
from gradparity.results.words.html import HtmlTable, document


def cells_of(html):
    return [unescape(word) for word in re.findall(r"<td[^>]*>(.*?)</td>", html)]


def test_a_run_and_a_race_have_the_words_of_the_terminal(tmp_path):
    store = tmp_path / "results.db"
    outcome = gp.run("booth", backends=["tape"], sizes=["tiny"], rounds=3, processes=1, store=store)
    (group,) = groups(outcome.run, outcome.cells)
    assert cells_of(outcome._repr_html_()) == [
        line.words[name] for line in group.lines for name in WIDE
    ]
    race = gp.train("booth", optimizers=["gd", "adam"], rates="0.01", steps=9, store=store)
    assert race.run.id in race._repr_html_()
    assert "gd" in cells_of(race._repr_html_())


def test_a_verdict_has_its_figures():
    checked = gp.judge("booth", backends=["tape"])
    found = checked.subjects[0].finding
    assert f"{found.u64:.2g}" in cells_of(checked._repr_html_())
    assert cells_of(found._repr_html_()) == [
        "ok",
        f"{found.u64:.2g}",
        f"{found.u32:.2g}",
        f"{found.bound:.3g}",
    ]


def test_nothing_of_a_text_is_read_as_html():
    bad = "<script>alert(1)</script>&amp;\"'\u202e\nb"
    html = document([HtmlTable(bad, [bad], [[bad]], (bad,))], [bad])
    assert "<script" not in html
    assert "\u202e" not in html
    assert "&amp;amp;" in html
