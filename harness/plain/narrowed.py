"""A loss that rounds to float32 on its way, whatever it is given: x.float(), astype(np.float32).

A float64 run of it computes to the precision of float32 from there on, backwards too, which M says:
each run is held against the loss as it was read off in its dtype. The ratio of their errors then
does not tell poor arithmetic from a wrong formula. An error beyond C² is one, and between C and C²
one that is alike at points beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from gradparity.backends import Answer
from gradparity.harness.findings.finding import Finding
from gradparity.harness.plain.judging import judged
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.steps.translation import Translation, Untranslatable
from gradparity.harness.plain.systematic import is_systematic
from gradparity.problems import Arrays, InputError

Answered = Callable[[str, Arrays], Answer]
"""(dtype, point) -> value and gradient. Raises: InputError where there are none."""


def judged_narrowed(
    asked: PlainGradient,
    translation: Translation,
    answers: Mapping[str, Answer],
    answered: Answered,
    seed: int,
    seconds: float,
) -> Finding:
    """What is found of the answers {dtype: value and gradient}, float64 among them.

    translation: the loss as it was read off in float64. seconds: as of `judged`, for either dtype.
    Raises: Untranslatable as `judged`.
    """
    found = {}
    for dtype, answer in answers.items():
        steps = translation if dtype == "float64" else asked.translated(dtype)
        one = judged(steps, asked.point, {dtype: answer}, seed, seconds)
        found[dtype] = _weighed(one, dtype, asked, partial(answered, dtype), seed)
    wide, narrow = found["float64"], found.get("float32")
    if narrow is not None:
        worse = wide.right or (wide.status != "formula" and narrow.status == "formula")
        u64, u32 = wide.u64, narrow.u32
        wide = replace(narrow if worse and not narrow.right else wide, u64=u64, u32=u32)
    return replace(wide, oracle=f"{wide.oracle}, which rounds to float32 in float64 as well")


def _weighed(
    found: Finding,
    dtype: str,
    asked: PlainGradient,
    answered: Callable[[Arrays], Answer],
    seed: int,
) -> Finding:
    """The finding on one answer, its status settled where one answer does not tell."""
    u = found.u64 if dtype == "float64" else found.u32
    if found.status not in ("formula", "low-precision") or u is None or u > found.bound**2:
        return found
    try:
        steps = partial(asked.translated, dtype)
        alike = is_systematic(answered, steps, asked.point, seed, found)
    except (InputError, Untranslatable):
        return found
    if alike:
        return replace(found, status="formula")
    return found if found.status == "low-precision" else replace(found, status="unstable")
