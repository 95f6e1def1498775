"""Hostile names of problems, sizes, parameters, units and files; and as arguments of every option."""

from __future__ import annotations

import json
import random
from functools import cache
from itertools import cycle
from pathlib import Path

from tests.harness.files import GOOD
from tests.harness.terminal.hostile import HOSTILE
from tests.harness.terminal.test_hostile_texts import ARGUED, EXPORTS, check_csv, check_markdown
from tests.studies.abuse.commands import called
from tests.studies.abuse.faults import CODES, Fault

FORMATS = ("table", "json", "csv", "markdown")
COMMON = ("--backend", "numpy,tape", "--timeout", "60")
QUICK = ("--rounds", "2", "--extra", "0", "--processes", "1")
STORED = (
    *(("show",), ("show", "--all"), ("compare", "FIRST", "SECOND", "--force"), ("show", "RACE")),
    ("show", "--scaling"),
)
NAMED = (
    *(
        (f"{verb} FILE", form)
        for verb in ("run", "check", "gradients", "train")
        for form in FORMATS
    ),
    *(("check FILE", form) for form in ("junit", "github")),
    *(("optimize FILE", form) for form in FORMATS),
    ("derive FILE", ""),
)
"""Verbs with a file in which everything is called so, and their formats."""

PROBLEM = """
from dataclasses import replace

def named(text):
    def loss(xp, params, data):
        return xp.mean(xp.square(data[text] @ params[text] - data["y" + text]))

    def gradient(params, data):
        residual = data[text] @ params[text] - data["y" + text]
        return np.mean(residual**2), {text: 2 / len(residual) * (data[text].T @ residual)}

    def drawn(rng, n):
        x = rng.normal(size=(n, 3))
        return Instance({text: rng.normal(size=3)}, {text: x, "y" + text: rng.normal(size=n)})

    sizes = {text: {"n": 20}}
    units = {text: text, "": text}
    return Problem(text, loss, drawn, sizes, text, gradient=gradient, units=units)

"""


def file_of(texts) -> str:
    """A user's file with a problem for each text, called so in every place."""
    lines = [f"P{i} = named({text!r})" for i, text in enumerate(texts)]
    return GOOD + PROBLEM + "\n".join(lines) + "\n"


@cache
def arguments() -> list[tuple[str, ...]]:
    """Every verb and many options with every text, alone or as part of a name."""
    texts = [text for text in HOSTILE if "\x00" not in text]
    pairs = [(place, text) for place in ARGUED for text in texts]
    forms = cycle(("{}", "{}.py", "x={}", "{}.toml"))
    return [
        (*place.split(), form.replace("{}", text))
        for (place, text), form in zip(pairs, forms, strict=False)
    ]


def argument(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """One text as an argument of one verb."""
    return 1, called(folder, *arguments()[number % len(arguments())])[1]


def all_names(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """One verb and format, with a file of all texts; a run and a race are shown and exported too."""
    words, form = NAMED[number % len(NAMED)]
    if words.startswith(("derive", "optimize")):
        found = [_named(folder, [text], words, form) for text in HOSTILE]
        return len(HOSTILE), [fault for faults in found for fault in faults]
    faults = _named(folder, HOSTILE, words, form)
    if words in ("run FILE", "train FILE"):
        exports = EXPORTS if words == "run FILE" else ("csv", "json")
        for again in [("show", form), *(("export", form) for form in exports)]:
            faults += _checked(folder, (again[0], "-f", again[1]), again[1])
    return len(HOSTILE), faults


def _named(folder: Path, texts, words: str, form: str) -> list[Fault]:
    file = folder / "named.py"
    file.write_text(file_of(texts), encoding="utf-8", errors="surrogatepass")
    verb = words.split()[0]
    more = {
        **{"run": (*COMMON, *QUICK), "check": COMMON, "gradients": COMMON, "derive": ()},
        **{"train": (*COMMON, "--optimizer", "gd", "--steps", "3"), "optimize": ()},
    }
    chosen = ("-f", form) if form else ()
    return _checked(folder, (verb, file.name, *more[verb], *chosen), form)


def _checked(folder: Path, words: tuple[str, ...], form: str) -> list[Fault]:
    ended, faults = called(folder, *words, workers=True, allowed=CODES, seconds=600)
    tried = repr(words)
    if ended.code in (0, 3, 4) and ended.out and not faults:
        try:
            if form in ("json", "pytest-benchmark"):
                json.loads(ended.out)
            elif form == "csv":
                check_csv(ended.out, ())
            elif form == "markdown":
                check_markdown(ended.out)
        except (AssertionError, ValueError) as error:
            faults.append(Fault("text", f"{form}: {str(error)[:500]}", tried))
    return faults
