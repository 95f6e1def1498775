"""What the judge finds out about an answer, in plain data.

A `Finding` is a record from the judge to the last sentence: it crosses processes as the JSON of its
fields. `str` of it says where and what; why, and what to do, is said in `words.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradparity.harness.findings.causes import CAUSES
from gradparity.harness.findings.notation import component, listed, repeated, told_apart
from gradparity.results.records.statuses import INACCURATE, MEANINGS, RIGHT
from gradparity.results.words.html import HtmlTable, document

EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
"""The machine epsilon of each dtype: from 1 to the next number, twice what rounding may do to 1."""

SMALLEST = {"float64": 2.0**-1022, "float32": 2.0**-126, "float16": 2.0**-14, "bfloat16": 2.0**-126}
"""The smallest normal number of each dtype."""

LARGEST = {
    **{"float64": (2 - 2.0**-52) * 2.0**1023, "float32": (2 - 2.0**-23) * 2.0**127},
    **{"float16": 65504.0, "bfloat16": (2 - 2.0**-7) * 2.0**127},
}
"""The largest finite number of each dtype."""


@dataclass(frozen=True, slots=True)
class WorstNumber:
    """The number of an answer that is farthest from the truth.

    parameter: "" is the value of the loss. index: within it; None if it is not known. got, true:
    the two numbers; true is None where it is only known to be finite. u: how far they are apart,
    see `Finding`; infinity if it is not finite where it should be.
    """

    parameter: str
    index: tuple[int, ...] | None
    got: float
    true: float | None
    u: float


@dataclass(frozen=True, slots=True)
class Misshapen:
    """An array of another shape than it should have. found: None if it is missing."""

    parameter: str
    found: tuple[int, ...] | None
    should: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeldConstant:
    """What a loss computes from its parameters and then holds constant, so that no slope passes.

    operation: "detach", "no_grad", "stop_gradient", "padding_idx", "item", ...; "Function" is what
    a `torch.autograd.Function` keeps of its forward pass. shape: of what is held.
    parameters: on which it depends.
    """

    operation: str
    shape: tuple[int, ...]
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        """Write "detach, of shape (3,), which depends on w and b"."""
        return (
            f"{self.operation}, of shape {self.shape}, which depends on {listed(self.parameters)}"
        )


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause, and what it explains: every wrong number of what it names.

    key: one of `CAUSES`. sentence: one or two sentences with names and figures. parameter: "" for
    the whole gradient. index: of the component or unit meant; None for all. sure: whether nothing
    simpler would do; else it is what may be.
    """

    key: str
    sentence: str
    parameter: str = ""
    index: tuple[int, ...] | None = None
    sure: bool = True

    def __post_init__(self) -> None:
        if self.key not in CAUSES:
            raise KeyError(f"CAUSES has no {self.key!r}")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a gradient is wrong.

    causes: one at least; of several, each explains a parameter of its own. unexplained: the wrong
    parameters that no cause explains. right: those without a wrong component. All in their order.
    ran_out: the seconds after which the search was given up; None if it ended by itself.
    """

    causes: tuple[Cause, ...]
    unexplained: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    ran_out: float | None = None

    @property
    def cause(self) -> Cause:
        """The first cause, which is told in full."""
        return self.causes[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one answer, or about a float64 and a float32 answer together.

    status: the verdict, a key of `MEANINGS` in `results/records/statuses.py`.
    oracle: what judged it, its precision, and how well another agrees, for a person.
    bound: C, what u is held against, u being |g - g*| / (eps (M + |g*|)) of a number g, true g*.
    u64, u32: the largest u of either answer; None without that answer, or if it is misshapen.
    dtype: of the answer that is to blame. worst: its worst number; None if it is misshapen.
    kink: at a kink, between which numbers the worst one may be.
    relative: u is eps⁻¹ times an error relative to the largest component of a parameter, as
    differences of the loss have it, which know no M.
    diagnosis: why it is wrong; None if nothing is, if it was not asked for, or nobody can tell.
    held: what the loss holds constant although it moves with the parameters.
    asked: the accuracy by which it was judged, where one was stated and it agrees to it.
    alone: why it was judged in one dtype alone, where both were to be had.
    triangle: the matrix of which the loss reads one triangle, where the answer is spread over both.
    lost: the parameters of whose gradient the loss determines no digit in `dtype`.
    low: a dtype shorter than float32, and the largest u of the answer in it.
    ranged: what the range of that dtype has cost, without which it was judged.
    rule: the name of somebody's own derivative in a loss that is right of this loss alone; the
    figures are those of the loss with other numbers above it.
    bias: what many numbers are off by together, where each alone is within rounding.
    coarse: what in the loss has a derivative of low accuracy, where that may explain the error.
    """

    status: str
    oracle: str
    bound: float
    u64: float | None
    u32: float | None
    dtype: str
    worst: WorstNumber | None = None
    misshapen: Misshapen | None = None
    kink: tuple[float, float] | None = None
    relative: bool = False
    diagnosis: Diagnosis | None = None
    held: tuple[HeldConstant, ...] = ()
    asked: float | None = None
    alone: str = ""
    coarse: str = ""
    lost: tuple[str, ...] = ()
    triangle: str = ""
    low: tuple[str, float] | None = None
    ranged: str = ""
    bias: str = ""
    rule: str = ""

    @property
    def right(self) -> bool:
        """Whether the answer is one that the mathematics allows: "ok" or "convention"."""
        return self.status in RIGHT

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes in which it was judged."""
        return tuple(self.figure)

    @property
    def figure(self) -> dict[str, float]:
        """The largest u in each dtype in which it was judged."""
        both = (("float64", self.u64), ("float32", self.u32))
        return {dtype: u for dtype, u in (*both, *filter(None, [self.low])) if u is not None}

    @property
    def u(self) -> float:
        """The largest u; infinity for a misshapen answer."""
        return max(self.figure.values(), default=math.inf)

    @property
    def unsure(self) -> bool:
        """Whether an answer in the other dtype would tell more."""
        return len(self.dtypes) == 1 and self.status in ("formula", "low-precision")

    @property
    def wrong_value(self) -> bool:
        """Whether it is the value of the loss that is wrong, not a derivative."""
        return self.status == "formula" and self.worst is not None and not self.worst.parameter

    def error(self, dtype: str) -> float:
        """The largest error in this dtype, relative to M + |true|; infinity if it is unknown."""
        return self.figure[dtype] * EPS[dtype] if dtype in self.figure else math.inf

    def agrees_to(self, accuracy: float) -> bool:
        """Whether all numbers are within this relative error, or right to rounding."""
        within = [self.error(x) <= max(accuracy, self.allowed(x)) for x in self.dtypes]
        return bool(within) and all(within)

    def allowed(self, dtype: str) -> float:
        """What `error` is held against."""
        return self.bound * EPS[dtype]

    def _repr_html_(self) -> str:
        """The figures, and what is behind them, for a notebook."""
        shown = [*(f"{u:.2g}" for u in self.figure.values()), f"{self.bound:.3g}"]
        titles = ["verdict", *(f"u {dtype}" for dtype in self.dtypes), "bound"]
        causes = self.diagnosis.causes if self.diagnosis else ()
        meaning = "" if self.right else MEANINGS[self.status]
        notes = [str(self), meaning, *(one.sentence for one in causes), f"judged by {self.oracle}"]
        return document([HtmlTable("", titles, [[self.status, *shown]], ("verdict",))], notes)

    def __str__(self) -> str:
        """Write "The gradient is wrong at w1[2,7]: 0.013121, should be 0.013125 (...)."."""
        remarks = self.remarks
        if self.status == "convention":
            return "; ".join(["The gradient is right, as a convention", *remarks]) + "."
        return "; ".join([self._headline, *remarks]) + "."

    @property
    def _headline(self) -> str:
        if self.status == "ok":
            figures = listed(f"{u:.2g} in {dtype}" for dtype, u in self.figure.items())
            return f"The gradient is right: u is {figures}, of {self.bound:.3g} allowed"
        if self.bias:
            return f"The gradient is {self._fault}, not in one number but in many: {self.bias}"
        if self.worst is not None and not self.worst.parameter:
            return f"The value is {self._fault}: {self.figures}"
        joint = " at" if self.misshapen is None else ":"
        return f"The gradient is {self._fault}{joint} {self.place}"

    @property
    def _fault(self) -> str:
        return "right" if self.right else "inaccurate" if self.status in INACCURATE else "wrong"

    @property
    def place(self) -> str:
        """Write "w1[2,7]: 0.013121, should be 0.013125 (u = 2e+11, bound 64)", or what lacks."""
        if self.misshapen is not None:
            wrong = self.misshapen
            fault = "is missing" if wrong.found is None else f"has shape {wrong.found}"
            should = "" if wrong.found is None else f", should be {wrong.should}"
            return f"the {wrong.parameter or 'value'} {fault}{should}"
        worst = self._worst
        return f"{component(worst.parameter, worst.index)}: {self.figures}"

    @property
    def figures(self) -> str:
        """Write "0.013121, should be 0.013125 (u = 2.1e+11, bound 64)", of the worst number."""
        worst = self._worst
        if worst.true is None:
            return f"{worst.got}, should be a finite number"
        got, true = told_apart(worst.got, worst.true)
        return f"{got}, should be {true} ({self._size(worst)})"

    @property
    def _worst(self) -> WorstNumber:
        assert self.worst is not None, "what is not misshapen has a worst number"
        return self.worst

    def _size(self, worst: WorstNumber) -> str:
        if not self.relative:
            size = "not finite" if math.isinf(worst.u) else f"u = {worst.u:.1e}"
            return f"{size} in {self.dtype}, bound {self.bound:.3g}"
        if math.isinf(worst.u):
            return "not finite" if worst.parameter else "the loss itself"
        eps = EPS[self.dtype]
        return f"error {worst.u * eps:.1e}, bound {self.bound * eps:.1e}"

    @property
    def remarks(self) -> list[str]:
        """What is to be added to the verdict."""
        held = [f"held constant: {repeated(self.held)}"] if self.held else []
        first = self.low[0] if self.low else "float64"
        alone = [f"in {first} alone: {self.alone}"] if self.alone else []
        ranged = [self.ranged] if self.ranged else []
        return [*self._of_verdict(), *alone, *ranged, *self._seen(), *held]

    def _seen(self) -> list[str]:
        """What could be seen of a right answer in float32 alone: what is off by less passes."""
        if not self.right or self.dtypes != ("float32",) or self.relative:
            return []
        least = f"{self.allowed('float32'):.1g} of a number"
        return [
            f"in float32 alone: errors of {self.bound:.3g} roundings pass, {least}, and more where "
            "it is a sum of larger ones"
        ]

    def _of_verdict(self) -> list[str]:
        if self.triangle:
            return [
                f"the loss reads one triangle of {self.triangle}, as a decomposition does, and the "
                "gradient is spread over both: right for a symmetric matrix A; write the loss of "
                "(A + Aᵀ) / 2 to have it the only one"
            ]
        if self.kink is not None:
            low, high = self.kink
            return [f"at a kink, where anything from {low:.6g} to {high:.6g} is legitimate"]
        if self.rule:
            return [
                f"right of this loss as it stands, and wrong where more than a sum follows "
                f"{self.rule}: the figures are of such a loss"
            ]
        if self.status == "dtype-leak":
            return ["bitwise the float32 answer"]
        if self.status == "inaccurate":
            agreement = f"agrees to {self.error(self.dtype):.1g}"
            return [agreement] + ([] if self.asked is None else [f"asked {self.asked:g}"])
        if self.unsure and not self.relative and not self.alone:
            return [f"judged in {self.dtype} alone"]
        return []
