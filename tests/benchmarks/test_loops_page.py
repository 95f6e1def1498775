"""The table of loops: what a line of it says, and that a contestant's loop is measured at all."""

from tests.benchmarks.loops import loss, problem_of, row, traced


def test_a_line_says_the_median_and_that_of_the_rounds_ratios():
    taken = {"tape": [0.001, 0.003, 0.002], "jax": [0.0005, 0.001, 0.002]}
    told = row(1_000, "tape", [0.25, 1.5, 3.25], taken)
    assert told == "| 1,000 | tape | 0.250 | 1.50 | 2 | 2.00 | 3.2 |\n"
    assert "| — | 1.50 | 1 | 1.00 |" in row(10, "jax", [None, 1.5, 3.25], taken)


def test_ten_thousand_steps_are_traced_as_one_loop():
    """To a program as long as that of ten."""
    from gradparity.backends.numpy_tape.programs.trace import trace

    assert traced("torch", 10) is None
    lengths = []
    for steps in (10, 10_000):
        instance = problem_of(steps)[1]
        lengths.append(trace("gradient", loss, instance.params, instance.data).operations)
    assert lengths[0] == lengths[1]
