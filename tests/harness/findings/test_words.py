"""What a record of the judge reads like; every figure is written here, none is computed."""

import json
import math
from dataclasses import replace

import pytest

from gradparity.harness.findings.finding import (
    Cause,
    Diagnosis,
    Finding,
    HeldConstant,
    Misshapen,
    WorstNumber,
)
from gradparity.harness.findings.notation import component, told_apart
from gradparity.harness.findings.words import (
    accusation,
    document,
    held_constant,
    reason,
    sentence,
    why,
)

WORST = WorstNumber("w1", (2, 7), 0.0131212, 0.0131252, 2.1e11)
WRONG = Finding("formula", "certified balls", 64.0, 2.1e11, 380.0, "float64", WORST)
CAUSE = Cause("factor", "w1 is wrong by a factor of 0.9997, everywhere.", "w1")
PLACE = "w1[2,7]: 0.0131212, should be 0.0131252"


def valued(**more):
    return replace(WRONG, worst=WorstNumber("", (), 2.0, 1.0, 4.5e15), **more)


SENTENCES = [
    (WRONG, f"{PLACE} (u = 2.1e+11 in float64, bound 64): formula"),
    (replace(WRONG, u32=None), f"{PLACE} (u = 2.1e+11 in float64, bound 64): formula; judged in float64 alone"),
    (replace(WRONG, status="dtype-leak"), f"{PLACE} (u = 2.1e+11 in float64, bound 64): dtype-leak; bitwise the float32 answer"),
    (replace(WRONG, status="convention", kink=(0.0, 3.0)), f"{PLACE} (u = 2.1e+11 in float64, bound 64): convention; at a kink, where anything from 0 to 3 is legitimate"),
    (replace(WRONG, worst=replace(WORST, index=None)), "w1[?]: 0.0131212, should be 0.0131252 (u = 2.1e+11 in float64, bound 64): formula"),
    (replace(WRONG, status="nonfinite", worst=replace(WORST, got=math.nan, u=math.inf)), "w1[2,7]: nan, should be 0.0131252 (not finite in float64, bound 64): nonfinite"),
    (replace(WRONG, relative=True, bound=4096.0, worst=replace(WORST, u=2.0**40)), f"{PLACE} (error 2.4e-04, bound 9.1e-13): formula"),
    (valued(), "value: 2, should be 1 (u = 4.5e+15 in float64, bound 64): formula"),
    (replace(WRONG, status="ok", u64=1.234, u32=5.0), "u = 1.2 in float64, 5 in float32, bound 64: ok"),
    (replace(WRONG, status="ok", u64=None, u32=5.0), "u = 5 in float32, bound 64: ok; in float32 alone: errors of 64 roundings pass, 8e-06 of a number, and more where it is a sum of larger ones"),
    (replace(WRONG, worst=None, u64=None, u32=None, misshapen=Misshapen("b1", (39,), (40,))), "the b1 has shape (39,), should be (40,): formula"),
    (replace(WRONG, worst=None, u64=None, u32=None, misshapen=Misshapen("", None, ())), "the value is missing: formula"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "said"), SENTENCES, ids=[s[1][-40:] for s in SENTENCES])
def test_a_finding_in_a_sentence(found, said):
    assert sentence(found) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (WRONG, ""),
        (replace(WRONG, status="ok"), ""),
        (replace(WRONG, status="nonfinite"), "It is not a finite number where the truth is, or the other way round."),
        (valued(), "The value of the loss itself is not that of the problem."),
        (replace(WRONG, diagnosis=Diagnosis((CAUSE,))), "w1 is wrong by a factor of 0.9997, everywhere."),
        (replace(WRONG, diagnosis=Diagnosis((CAUSE,), (), ("b1", "w2"))), "w1 is wrong by a factor of 0.9997, everywhere. Right: b1, w2."),
        (replace(WRONG, diagnosis=Diagnosis((CAUSE,), ("b1", "w2"))), "in part: w1 is wrong by a factor of 0.9997, everywhere. b1 and w2 are wrong as well."),
        (replace(WRONG, diagnosis=Diagnosis((CAUSE, Cause("sign", "", "b1"), Cause("stale", "", "w2")))), "w1 is wrong by a factor of 0.9997, everywhere. Wrong as well: b1 (sign) and w2 (stale)."),
    ],
)  # fmt: skip
def test_what_is_behind_it(found, said):
    assert why(found) == said


def test_who_is_accused_of_what():
    assert accusation("tape", "mlp", "gradient", WRONG).startswith(
        f"tape is wrong on mlp/{PLACE} ("
    )
    assert accusation("tape", "mlp", "hvp", WRONG).startswith(f"tape is wrong on mlp (hvp)/{PLACE}")
    poor = replace(WRONG, status="unstable")
    assert accusation("tape", "mlp", "gradient", poor).startswith(
        "tape is inaccurate on mlp/w1[2,7]"
    )
    right = replace(WRONG, status="ok", u64=1.0, u32=2.0)
    said = "tape is right on mlp: u = 1 in float64, 2 in float32, bound 64: ok"
    assert accusation("tape", "mlp", "gradient", right) == said


def test_a_reason_is_sentence_cause_and_command():
    found = replace(WRONG, diagnosis=Diagnosis((CAUSE,)))
    assert reason(found, "gradparity check mlp").splitlines() == [
        f"{PLACE} (u = 2.1e+11 in float64, bound 64): formula",
        "w1 is wrong by a factor of 0.9997, everywhere.",
        "Compare its constants with those of the loss: 1/n of a mean, 2 of a square.",
        "gradparity check mlp",
    ]
    assert reason(replace(found, status="ok"), "gradparity check mlp") == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (WRONG, f"The gradient is wrong at {PLACE} (u = 2.1e+11 in float64, bound 64)."),
        (valued(), "The value is wrong: 2, should be 1 (u = 4.5e+15 in float64, bound 64)."),
        (replace(WRONG, status="ok", u64=1.234, u32=5.0), "The gradient is right: u is 1.2 in float64 and 5 in float32, of 64 allowed."),
        (replace(WRONG, status="ok", u64=1.0, u32=None), "The gradient is right: u is 1 in float64, of 64 allowed."),
        (replace(WRONG, status="inaccurate", worst=replace(WORST, u=450.0), u64=450.0), f"The gradient is inaccurate at {PLACE} (u = 4.5e+02 in float64, bound 64); agrees to 1e-13."),
        (replace(WRONG, status="convention", kink=(0.0, 3.0)), "The gradient is right, as a convention; at a kink, where anything from 0 to 3 is legitimate."),
        (replace(WRONG, worst=None, u64=None, u32=None, misshapen=Misshapen("b1", (39,), (40,))), "The gradient is wrong: the b1 has shape (39,), should be (40,)."),
    ],
)  # fmt: skip
def test_what_is_printed_of_a_finding_is_a_sentence(found, said):
    assert str(found) == said


def test_what_is_only_known_to_be_finite_says_so():
    worst = WorstNumber("w", (1,), math.nan, None, math.inf)
    assert replace(WRONG, worst=worst).place == "w[1]: nan, should be a finite number"


def test_a_document_is_strict_json():
    found = replace(WRONG, u64=math.inf, diagnosis=Diagnosis((CAUSE,), (), ("b1",)))
    told = json.loads(json.dumps(document(found), allow_nan=False))
    assert (told["status"], told["u64"], told["u32"], told["right"]) == (
        "formula",
        None,
        380,
        False,
    )
    assert told["worst"]["index"] == [2, 7]
    assert told["diagnosis"]["causes"][0]["key"] == "factor"
    assert told["why"] == "w1 is wrong by a factor of 0.9997, everywhere. Right: b1."
    assert told["advice"].startswith("Compare its constants with those of the loss")


def test_figures_of_a_finding():
    assert WRONG.error("float64") == 2.1e11 * 2.0**-52
    assert WRONG.allowed("float32") == 64 * 2.0**-23
    assert replace(WRONG, u32=None).error("float32") == math.inf
    assert (WRONG.u, WRONG.dtypes, WRONG.unsure) == (2.1e11, ("float64", "float32"), False)
    assert replace(WRONG, u32=None).unsure
    assert replace(WRONG, worst=None, u64=None, u32=None).u == math.inf


def test_a_cause_that_no_table_has_is_an_error():
    with pytest.raises(KeyError, match="CAUSES has no 'sing'"):
        Cause("sing", "")


def test_the_wording():
    assert component("w1", (2, 7)) == "w1[2,7]"
    assert component("price", ()) == "price"
    assert component("", ()) == "value"
    assert told_apart(0.0131211, 0.0131252) == ("0.0131211", "0.0131252")
    assert told_apart(1.00000000123, 1.0) == ("1.000000001", "1")


def test_what_is_held_in_every_round_is_named_once():
    rounds = 12 * [HeldConstant("detach", (), ("w",))] + [HeldConstant("item", (3,), ("b",))]
    assert held_constant(rounds) == (
        "detach, of shape (), which depends on w (12 times) and item, of shape (3,), which depends "
        "on b"
    )
