"""A race in words: what a terminal shows, what a pipe shows, and what other programs get."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from rich.console import Console

from gradparity.results.race_tables.document import to_csv, to_json, to_markdown
from gradparity.results.race_tables.endings import ended
from gradparity.results.race_tables.figures import loss
from gradparity.results.race_tables.table import show_race, tables
from gradparity.results.race_tables.words import heading, sheets
from gradparity.results.races.race import contests
from gradparity.results.records.record import Run
from tests.results.geometric import SECONDS, crashed, descent, diverged

RUN = Run("20261125-1", "2026-11-25T00:00:00+00:00", "bowl", "train", "", kind="train")
GRID = [
    descent(q, rate=rate, seed=seed, optimizer=optimizer)
    for optimizer, faster in (("adam", 1.0), ("lbfgs", 0.5))
    for rate, q in {0.001: 0.9999, 0.01: 0.97, 0.1: 0.7}.items()
    for seed, q in enumerate((q * faster, q * faster, 0.9 * q * faster))
] + [diverged(4 + seed, rate=1.0, optimizer="adam", seed=seed) for seed in range(3)]


def piped(descents: list[Any], **more: Any) -> str:
    out = io.StringIO()
    show_race(RUN, descents, out, **more)
    return out.getvalue()


def on_screen(descents: list[Any], width: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, highlight=False, markup=False)
    console.print(tables(RUN, descents, all_rates=True))
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


def test_piped_every_figure_of_every_rate_is_there() -> None:
    text = piped(GRID, all_rates=True)
    # 0.7ᵏ: 7 steps to 1e-1; 0.63ᵏ: 5; the quartile between them is 6.
    assert re.search(r"adam +0\.1 +7 \[6, 7\] ", text)
    assert re.search(r"adam +1 +diverged +diverged", text)
    assert "diverged at step 4–6" in text
    assert "best rate of each" in text
    assert "No room" not in text
    assert text.isascii() is False
    assert "\x1b" not in text
    assert piped(GRID, ascii_only=True, all_rates=True).isascii()


def test_a_terminal_of_80_columns_shows_what_fits_and_says_what_does_not() -> None:
    text = on_screen(GRID, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "No room for: quartiles" in text
    assert "other rates" in text
    steps = text.partition("steps to f*")[2].partition("evaluations")[0]
    assert re.search(r"lbfgs +0\.1 +3 ", steps)
    assert "0.001" not in steps
    assert "0.001" in text.partition("every rate")[2]
    narrow = on_screen(GRID, 40)
    # 40 columns hold the names and two targets; more is never cut, it is left out.
    assert "1e-1" in narrow
    assert "1e-2" not in narrow.partition("No room for")[0]


def test_by_default_the_best_rate_and_one_target_with_who_solved_it() -> None:
    """0.7ᵏ <= 1e-3 from k = 20 on, 0.63ᵏ from 15; the third seed of adam's best is the faster one."""
    text = piped(GRID)
    assert re.search(r"adam +0\.1 +3 of 3 +20 \[17.5, 20\] ", text)
    assert "0.001 " not in text
    assert "every rate" not in text
    assert "1e-4" not in text
    assert "Every rate and every τ: gradparity show 20261125-1 --all-rates" in text
    assert "--all-rates" not in piped(GRID, all_rates=True)
    lost = [descent(0.5, seed=0), descent(0.5, seed=1), diverged(3, seed=2)]
    assert re.search(r"gd +0\.1 +2 of 3 +10 ", piped(lost))
    assert to_markdown(RUN, GRID).count("| optimizer |") == 2


def test_one_line_per_optimiser_needs_no_grid() -> None:
    made = [descent(0.5), descent(0.9, optimizer="adam"), crashed(optimizer="lbfgs")]
    text = piped(made, all_rates=True)
    assert "best rate" not in text
    assert "every rate" not in text
    assert "wall time [s]" in text
    assert re.search(rf"gd +0\.1 +{4 * SECONDS:.2f} ", text)
    assert re.search(r"lbfgs +0\.1 +crashed +crashed", text)
    assert "numpy, lbfgs, bowl tiny: crashed: signal 9" in text


def test_where_nobody_arrives_there_is_one_sheet_of_words() -> None:
    (contest,) = contests([descent(1.0, minimum=0.0)])
    titles = [sheet.title for sheet in sheets(contest, all_rates=True)]
    assert titles == ["", "steps to f* + τ (f0 - f*)"]
    side_by_side = piped([descent(0.5, timed=False)])
    assert "wall time [" not in side_by_side
    assert "No wall time: the descents ran side by side." in side_by_side


def test_how_they_ended_is_counted() -> None:
    found = [descent(0.5, seed=s, status="target") for s in range(7)]
    found += [diverged(12, seed=7), diverged(40, seed=8), diverged(20, seed=9)]
    assert ended(found) == "7 target, 3 diverged at step 12–40"
    assert ended(found[:3]) == "target"
    assert ended(found[7:8]) == "diverged at step 12"


def test_headings_say_what_all_share() -> None:
    (contest,) = contests([descent(0.5, batch=32, schedule="cosine:warmup=5", parameters=2410)])
    wanted = "bowl tiny · 2,410 parameters · float64 · 1 seed · batches of 32 · cosine:warmup=5"
    assert heading(contest) == wanted


def test_losses_are_as_long_as_they_must_be() -> None:
    assert [loss(x) for x in (0.0, 2.44e-9, -18031.26, 0.0253, 3.32e14)] == [
        *("0", "2.44e-09", "-18031", "0.0253", "3.32e+14")
    ]


def test_json_has_no_infinity_and_histories_when_asked() -> None:
    descents = [descent(0.5, steps=5), diverged(3, seed=1), crashed(seed=2)]
    document = json.loads(to_json(RUN, descents))
    assert document["run"]["kind"] == "train"
    first, second, third = document["descents"]
    assert (first["steps_to_1e-1"], first["steps_to_1e-2"]) == (4.0, None)
    assert first["seconds"] == 5 * SECONDS
    assert "history" not in first
    series = json.loads(to_json(RUN, descents, histories=True))["descents"]
    assert series[0]["history"]["losses"] == [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]
    assert series[1]["history"]["losses"][-1] is None
    assert series[0]["history"]["norms"]["x"][2] == 0.5
    assert series[2]["history"] is None
    assert (second["status"], third["status"]) == ("diverged", "crashed")


def test_csv_says_inf_where_a_target_was_not_reached() -> None:
    text = to_csv(RUN, [descent(0.5, steps=5, options={"beta2": 0.9}), crashed(seed=1)])
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["steps_to_1e-1"], first["steps_to_1e-7"]) == ("4.0", "inf")
    assert json.loads(first["options"]) == {"beta2": 0.9}
    assert (second["status"], second["final_loss"]) == ("crashed", "")


def test_markdown_is_one_table_per_sheet() -> None:
    text = to_markdown(RUN, GRID, all_rates=True)
    assert text.count("| optimizer |") == 5
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows if "1e-1" in row} == {10}
    assert "| **adam** | **0.1** |" in text
