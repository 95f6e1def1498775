from __future__ import annotations

import pytest

from gradparity.results.words import wording


@pytest.mark.parametrize(
    ("value", "significant", "words"),
    [
        (3.0651, 3, "3.07"),
        (12.345, 3, "12.3"),
        (123456.0, 3, "123,000"),
        (0.0012345, 3, "0.00123"),
        (0.99961, 3, "1.00"),
        (99.96, 3, "100"),
        (1234.0, 2, "1,200"),
        (0.0, 3, "0"),
        (float("inf"), 3, "inf"),
    ],
)
def test_a_number_has_its_significant_digits(value: float, significant: int, words: str) -> None:
    assert wording.number(value, significant) == words


def test_a_wide_interval_supports_two_digits() -> None:
    assert wording.digits(10.0, 9.8, 10.2) == 3
    assert wording.digits(10.0, 8.0, 12.0) == 2


@pytest.mark.parametrize(
    ("ratio", "words", "between"),
    [
        ((3.07, 2.98, 3.21), "3.07×", "[2.98, 3.21]"),
        ((0.5, 0.4878, 0.5128), "0.500×", "[0.488, 0.513]"),
        ((0.98, 0.951, 1.02), "0.980× (tie)", "[0.951, 1.02]"),
        ((2.0, 1.0, 3.0), "2.0× (tie)", "[1.0, 3.0]"),
        ((1.0, 1.0, 1.0), "1", "–"),
    ],
)
def test_a_ratio_says_which_way(
    ratio: tuple[float, float, float], words: str, between: str
) -> None:
    assert wording.ratio(*ratio) == words
    assert wording.ratio_between(*ratio) == between


def test_a_group_has_one_unit() -> None:
    assert wording.unit([3e-6, 5e-2]) == ("µs", 1e-6)
    assert wording.unit([3e-6, 5e-2], largest=True) == ("ms", 1e-3)
    assert wording.unit([6e-7, 3.1e-3]) == ("µs", 1e-6)  # 0.60 beside 3,100, not beside 3,100,000
    assert wording.unit([6e-8, 3.1e-3]) == ("ns", 1e-9)  # 0.06 would have one digit less
    assert wording.unit([6e-7, 9e-6]) == ("ns", 1e-9)
    assert wording.unit([2.0, 90.0]) == ("s", 1.0)
    assert wording.unit([4e-10]) == ("ns", 1e-9)
    assert wording.unit([0.0]) == ("s", 1.0)
    assert wording.time(0.05, ("µs", 1e-6)) == "50,000 µs"


def test_the_longer_side_is_told_in_percent() -> None:
    assert wording.plus_minus(100.0, 97.0, 101.0) == "3 %"
    assert wording.plus_minus(10.0, 9.0, 14.2) == "42 %"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert wording.printable("a\x1b[31mred\nb\x07") == "a\\x1b[31mred b\\x07"


def test_ascii_keeps_the_meaning() -> None:
    assert wording.to_ascii("3.07× · 2 µs – ü") == "3.07x - 2 us - \\xfc"
