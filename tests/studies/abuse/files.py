"""Suites and baselines: drawn, then damaged, then named to every verb that reads one."""

from __future__ import annotations

import json
import random
from pathlib import Path

from gradparity.backends import DTYPES, OPERATORS
from gradparity.harness.gate.baseline_file import Baseline, as_text
from gradparity.harness.gate.measured import SavedRow
from gradparity.problems.catalogue import PROBLEMS
from tests.studies.abuse.commands import called
from tests.studies.abuse.damage import altered, odd, replaced
from tests.studies.abuse.faults import CODES, Fault

BACKENDS = ("numpy", "tape")
STARTS = "gradparity: good"
"""The last line of a command that was good enough to start a worker."""


def drawn_suite(rng: random.Random) -> str:
    """The text of a suite that is right, as a person may write it."""
    lines = []
    if rng.random() < 0.7:
        lines.append(f'description = "{rng.choice(("a suite", "", "übung"))}"')
    for key, known in (("backends", BACKENDS), ("operators", OPERATORS), ("dtypes", DTYPES)):
        if rng.random() < 0.5:
            some = rng.sample(list(known), rng.randint(1, len(known)))
            apart = rng.choice((", ", ",", ",\n  "))
            lines.append(f"{key} = [{apart.join(map(json.dumps, some))}]")
    rng.shuffle(lines)
    for _ in range(rng.randint(1, 4)):
        name = rng.choice(sorted(PROBLEMS))
        lines += ["", "[[problems]]", f'problem = "{name}"']
        if rng.random() < 0.5:
            lines.append(f"sizes = {json.dumps([min(PROBLEMS[name].sizes)])}")
        if rng.random() < 0.3:
            lines.append(f"margin = {rng.choice(('0.03', '1', '5e-2'))}  # a remark")
    return "\n".join(lines) + "\n"


def suite(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """A suite, one in ten of them as it was drawn."""
    text = drawn_suite(rng)
    sound = rng.random() < 0.1
    file = folder / "suite.toml"
    if not sound and rng.random() < 0.3:  # a value of another kind
        lines = text.split("\n")
        at = rng.choice([i for i, line in enumerate(lines) if " = " in line])
        value = json.dumps(odd(rng), ensure_ascii=False)
        lines[at] = f"{lines[at].split(' = ')[0]} = {value}"
        text = "\n".join(lines)
        file.write_bytes(text.encode(errors="surrogatepass"))
    else:
        file.write_bytes(text.encode() if sound else altered(text, rng))
    verb = rng.choice((("run",), ("check",), ("gate", "--against", "HEAD")))
    return 1, _faults(folder, file, (*verb, file.name), sound and verb[0] != "gate")


def drawn_baseline(rng: random.Random) -> str:
    """The text of a baseline that is right."""
    problems = rng.sample(("booth", "beale", "himmelblau", "saddle"), rng.randint(1, 4))
    options = {
        **{"backends": list(BACKENDS), "sizes": ["tiny"], "operators": ["gradient"]},
        **{"dtypes": ["float64"], "device": "cpu", "threads": 1, "seed": rng.randrange(5)},
    }
    rows = {}
    for name in problems:
        ratio = sorted(rng.uniform(0.5, 2) for _ in range(3))
        rows[f"{name} tiny gradient float64 tape"] = SavedRow(
            "ok", (ratio[1], ratio[0], ratio[2]), {"tape_operations": float(rng.randrange(99))}
        )
    versions = {"jaxlib": "0.10", "torch": None}
    return as_text(Baseline(tuple(problems), options, "numpy", "CPU", "3.12.1", versions, rows))


def baseline(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """A baseline, one in ten of them as it was drawn."""
    text = drawn_baseline(rng)
    sound = rng.random() < 0.1
    file = folder / "base.json"
    if not sound and rng.random() < 0.6:
        text = json.dumps(replaced(json.loads(text), rng), ensure_ascii=False, indent=1)
        file.write_bytes(text.encode(errors="surrogatepass"))
    else:
        file.write_bytes(text.encode() if sound else altered(text, rng))
    words = ("gate", "--baseline", file.name, *rng.choice(((), ("booth",), ("--backend", "tape"))))
    return 1, _faults(folder, file, words, sound)


def _faults(folder: Path, file: Path, words: tuple[str, ...], sound: bool) -> list[Fault]:
    ended, faults = called(folder, *words, allowed=CODES, TMPDIR=str(folder))
    if not faults and ended.code == 0:
        faults = [Fault("exit code", "exit 0, though no worker could start", repr(words))]
    if sound and not ended.err.rstrip().endswith(STARTS):
        faults.append(Fault("silent", f"what is right is refused: {ended.err}", repr(words)))
    if not faults:
        return []
    kept = file.read_bytes()
    return [Fault(one.kind, f"{one.told}\n{kept[:3000]!r}", one.tried) for one in faults]
