"""Who wins, said once: counted by hand, with ties, escapes and nobody."""

from dataclasses import replace

from gradparity.results.races.verdict import scores, verdict
from tests.results.geometric import descent, diverged
from tests.results.races.test_escape import falling


def made(name, q, count=4, steps=400, **more):
    return [descent(q, steps=steps, optimizer=name, seed=s, **more) for s in range(count)]


def test_who_solves_most_and_who_is_next():
    found = [*made("gd", 0.5), *made("adam", 0.5, 3), diverged(3, optimizer="adam", seed=3)]
    assert verdict(found) == "gd solves most: 4 of 4; next adam, 3"
    assert [score.words() for score in scores(found).values()] == ["4 of 4 solved", "3 of 4 solved"]


def test_among_equals_the_fewest_evaluations_decide():
    found = [*made("gd", 0.5), *made("adam", 0.9)]
    # 0.5^10 < 1e-3: ten steps of two evaluations.
    assert verdict(found) == "All solve 4 of 4, gd with the fewest evaluations (median 20)"
    assert verdict([*found, *made("lion", 0.999)]) == (
        "gd and adam solve 4 of 4, gd with the fewest evaluations (median 20)"
    )
    assert verdict([*made("gd", 0.5), *made("adam", 0.5)]) == "All solve 4 of 4"


def test_where_nobody_solves_the_lowest_is_said():
    found = [*made("gd", 0.9, steps=5), *made("adam", 0.95, steps=5)]
    assert verdict(found) == "Nobody solves any; lowest at the end: gd"
    assert verdict([diverged(3), diverged(4, optimizer="adam")]) == "Everybody diverged"


def test_escapes_count_where_there_is_no_minimum_and_are_never_called_solved():
    found = [falling(1.5), falling(1.2, "adam"), falling(1.01, "lion")]
    assert verdict(found) == "gd and adam escape 1 of 1, gd with the fewest evaluations (median 3)"
    assert next(iter(scores(found).values())).words() == "1 of 1 escaped"
    mixed = [*found, *(replace(d, problem="bowl") for d in made("gd", 0.5, 2))]
    assert scores(mixed).keys() == {next(iter(scores(mixed)))}  # of the bowl alone
    assert verdict(mixed) == "gd solves 2 of 2"
