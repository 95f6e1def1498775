"""The study of right gradients as a page: counts by backend and state, the worst, the versions."""

from __future__ import annotations

import platform
from collections import Counter

from gradparity.backends.catalogue import load
from gradparity.harness.processes.environment import installed

CROSS_ENTROPY = """\
Second derivatives of the cross-entropy as users of torch and JAX write it, `F.cross_entropy` and
`jax.nn.logsumexp`: the derivative of P along R{z} is P (R{z} - Σ P R{z}), and computed as it stands
nothing is left of it where P is nearly 1. Of two classes whose logits are d apart, the second
derivative is e/(1 + e)², e = exp(-d); in float64, torch 2.13 and JAX 0.10 both miss it by 2e-14 of
itself at d = 5, by 4e-8 at d = 20 and by 1e-3 at d = 30. The portable loss, whose derivative also
goes through the largest logit that is subtracted first, is right to the last digit in both. A
network that is sure of its answers is such a case."""

DIGITS = ("softmax-digits", "mlp-digits")


def markdown(cases, seeds, sizes, operators, names, problems, states):
    """The page, in Markdown. seeds: (of most problems, of those that are slow to judge)."""
    accused = [case for case in cases if case.accused]
    conventions = sum(case.status == "convention" for case in cases)
    lines = [
        f"# Right {_plural(operators)}: who is accused",
        "",
        "Every backend's answers in float64 and float32, held against the truth by the judge of",
        "`harness/judging/verdicts.py`: as drawn, near the minimum (300 descent steps), and with the loss",
        "times 10⁻⁶ and times 10⁶. Nobody should be accused who is right. Printed by",
        f"`{_command(seeds, sizes, operators)}`.",
        "",
        f"{len(cases):,} pairs of answers: {len(accused)} accused, {conventions} at a kink and",
        f"legitimate. {len(problems)} problems, sizes {', '.join(sizes)}, {_seeds(cases, seeds)}.",
        "",
        *[f"- {line}" for line in _versions(names)],
        "",
        "accused / judged, by state; the worst u as a part of the bound C, in float64 and float32:",
        "",
        _row(["backend", *states, "worst float64", "worst float32", "where"]),
        _row(["---"] * (len(states) + 4)),
        *_table(cases, states),
        "",
    ]
    if accused:
        lines += ["## Accused", "", *_accused(accused), ""]
    if any(_known(case) for case in accused):
        lines += ["### Why", "", CROSS_ENTROPY, ""]
    return "\n".join(lines)


def _seeds(cases, seeds):
    """How many instances of each problem and size were judged, in words."""
    many, fewer = seeds
    seen = {case.problem: int(case.where.split()[2]) + 1 for case in cases}
    slow = [name for name, top in seen.items() if top < many]
    return f"{many} seeds" + (f", {fewer} of " + ", ".join(f"`{n}`" for n in slow) if slow else "")


def _command(seeds, sizes, operators):
    if operators == ["gradient"]:
        return "make right-gradients"
    return (
        f"python -m tests.studies.right_gradients_study {seeds[0]} --sizes {','.join(sizes)} "
        f"--operators {','.join(operators)}"
    )


def _plural(operators):
    names = [{"hessian": "Hessians", "jacobian": "Jacobians"}.get(x, f"{x}s") for x in operators]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _versions(names):
    yield f"gradparity {installed('gradparity')}"
    yield f"Python {platform.python_version()}"
    for library in dict.fromkeys(["numpy", *(load(name).distribution for name in names)]):
        yield f"{library} {installed(library) or 'not installed'}"


def _table(cases, states):
    for backend in dict.fromkeys(case.backend for case in cases):
        own = [case for case in cases if case.backend == backend]
        counts = []
        for state in states:
            there = [case for case in own if case.state == state]
            counts.append(f"{sum(case.accused for case in there)} / {len(there)}")
        # At a kink u says nothing: any answer between the gradients on either side is right.
        smooth = [case for case in own if case.status != "convention"] or own
        top = max(smooth, key=lambda case: case.part)
        worst = [f"{max(case.part_of(i) for case in smooth):.3f}" for i in range(2)]
        size, state, seed = top.where.split()[:3]
        where = f"{top.problem} {size}, {state}, seed {seed}"
        yield _row([backend, *counts, *worst, where])


def _accused(accused):
    """Of every backend, problem, operator and verdict the worst case and how many there were."""

    def kind(case):
        return case.backend, case.problem, case.operator, case.status

    counts = Counter(map(kind, accused))
    worst = {}
    for case in sorted(accused, key=lambda case: case.part):
        worst[kind(case)] = case
    for key, count in counts.items():
        yield f"- {count} ×, the worst: {worst[key].where}"


def _known(case):
    """Whether it is what `CROSS_ENTROPY` explains."""
    library = case.backend in ("torch (idiomatic)", "jax (idiomatic)")
    return library and case.problem in DIGITS and case.operator in ("hvp", "hessian")


def _row(cells):
    return "| " + " | ".join(cells) + " |"
