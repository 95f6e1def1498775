"""What was found of a kernel, card by card: a record, its words, and a script that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.harness.findings.finding import EPS
from gradparity.harness.findings.notation import listed
from gradparity.harness.findings.words import advice, sentence, why
from gradparity.harness.kernels.card_verdict import TOGETHER, CardFinding
from gradparity.harness.kernels.chain import CallChain
from gradparity.harness.kernels.laws import Broken
from gradparity.harness.kernels.shapes import Shape
from gradparity.results.records.statuses import MEANINGS


@dataclass(frozen=True, slots=True, eq=False)
class KernelReport:
    """What `kernelcheck` found.

    kernel: its name and module. dtype: of its inputs. shapes, sizes, seed: as asked. cards: what
    was found at each, in the deck's order. refused: cards at which the kernel or the judge raised,
    and why. broken: the laws that do not hold. spread: how far ten calls were apart, in eps; 0 if
    they answered the same. untold: why there is no truth; "" if there is. smallest: the smallest
    sizes at which the first wrong card is wrong. chain: what calls in a chain have come to; None
    where the result cannot be the next call's first input.
    """

    kernel: tuple[str, str]
    dtype: str
    shapes: tuple[Shape, ...]
    seed: int
    cards: tuple[CardFinding, ...]
    refused: tuple[tuple[str, str], ...] = ()
    broken: tuple[Broken, ...] = ()
    spread: float = 0.0
    untold: str = ""
    smallest: tuple[tuple[str, int], ...] = ()
    chain: CallChain | None = None

    @property
    def wrong(self) -> tuple[CardFinding, ...]:
        """The cards that failed."""
        passed = (x for x in self.cards if not x.finding.right and x.finding.asked is None)
        return tuple(passed)

    @property
    def right(self) -> bool:
        """Whether no card failed, and no law is broken."""
        return not self.wrong and not self.broken

    @property
    def status(self) -> str:
        """The worst verdict: "ok", or that of the first card that failed; "formula" for a law."""
        order = ("formula", "nonfinite", "low-precision", "inaccurate")
        found = {x.finding.status for x in self.wrong} | ({"formula"} if self.broken else set())
        return next((x for x in order if x in found), "ok")

    @property
    def first(self) -> CardFinding:
        """The card that tells most: a wrong formula before lost digits, a cause before none."""
        return min(
            self.wrong or self.cards,
            key=lambda x: (x.finding.status != self.status, not x.finding.bias),
        )

    @property
    def script(self) -> str:
        """Python that shows the first wrong card again, at the smallest sizes."""
        name, module = self.kernel
        source = f"from {module} import {name}"
        if not name.isidentifier():
            name, source = "kernel", "kernel = ...  # the function that was given"
        sizes = ", ".join(f'"{key}": {size}' for key, size in self.smallest)
        deck = f'["{self.first.card.name}"]' if self.wrong else '["ordinary"]'
        return (
            f"import gradparity as gp\n{source}\n\n"
            f"gp.kernelcheck({name}, shapes={list(self.shapes)!r}, sizes={{{sizes}}}, deck={deck}, "
            f'dtype="{self.dtype}", seed={self.seed})\n'
        )

    def __str__(self) -> str:
        """Write a line for the verdict, one for each thing that is wrong, and what is known."""
        return "\n".join([self._headline, *self._wrong(), *self._known()])

    @property
    def _headline(self) -> str:
        name, count = self.kernel[0], len(self.cards)
        if not self.cards:
            return (
                f"{name}: {'no law is broken' if self.right else 'a law is broken'}; {self.untold}"
            )
        if self.right:
            top = max((x.finding.figure.get(self.dtype, 0.0) for x in self.cards), default=0.0)
            return (
                f"{name} is right in {self.dtype} at {count} cards: u is {top:.2g} at most, of "
                f"{self.cards[0].finding.bound:.3g} allowed (u in eps, {EPS[self.dtype]:g})"
            )
        at = f"at {len(self.wrong)} of {count} cards" if self.wrong else "by a law"
        return f"{name} is wrong in {self.dtype} {at}: {self.status}"

    def _wrong(self) -> list[str]:
        lines = [f"broken: {x.law}, but it is {x.seen}" for x in self.broken]
        if self.wrong:
            found = self.first.finding
            shapes = listed(map(str, self.first.shapes))
            lines.append(f"{self.first.card.name}, shapes {shapes}: {sentence(found)}")
            if self.first.worse is not None and found.status == "inaccurate":
                k, where = self.first.worse
                lines.append(
                    f"{k:.3g} times the error of the reference in {self.dtype}, at {where}"
                )
            lines += filter(None, [why(found) or MEANINGS[found.status], advice(found)])
            others = [x.card.name for x in self.wrong if x is not self.first]
            lines += [f"wrong as well: {listed(others)}"] if others else []
        if self.smallest:
            lines.append(
                f"the smallest that fails: {', '.join(f'{k} = {n}' for k, n in self.smallest)}"
            )
        return lines

    def _known(self) -> list[str]:
        lines = []
        told = next((x.arithmetic for x in self.cards if x.arithmetic), None)
        if told is not None and self.status in ("ok", "inaccurate", "low-precision"):
            lines.append(f"arithmetic: {told}")
        chain = next((x.chain for x in self.cards if x.chain is not None), None)
        if chain is not None and self.right:
            lines.append(str(chain))
        if self.chain is not None and self.right:
            lines.append(str(self.chain))
        seen = max((sum(s.size for s in x.scales) for x in self.cards if x.scales), default=0)
        if 0 < seen < TOGETHER:
            lines.append(f"{seen} numbers are too few to see a bias in, {TOGETHER} would do")
        worse = [x for x in self.cards if x.worse is not None]
        if worse and self.right:
            k, where = max(x.worse for x in worse if x.worse is not None)
            lines.append(
                f"at most {k:.2g} times the error of the reference in {self.dtype}, at {where}"
            )
        if self.spread:
            lines.append(f"not deterministic: calls are {self.spread:.2g} eps apart")
        lines += [f"not judged, {name}: {reason}" for name, reason in self.refused]
        return lines


class KernelError(AssertionError):
    """A kernel is wrong; the text says where and why, and how to see it again. report: a record."""

    def __init__(self, report: KernelReport) -> None:
        super().__init__(f"{report}\n\n{report.script}")
        self.report = report

    def __reduce__(self) -> tuple[type, tuple[KernelReport]]:
        return type(self), (self.report,)
