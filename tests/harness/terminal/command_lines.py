"""Command lines that a person, a script or an enemy could type, drawn from a seed.

    python -m tests.harness.terminal.command_lines 5000

calls so many inside this process and prints what did not end as it should.
"""

import os
import random
import socket
import sys
import tempfile
from collections import Counter
from pathlib import Path

import typer

from gradparity.harness.cli import app
from gradparity.results.words.display import hidden
from tests.harness.files import GOOD
from tests.harness.terminal.inside import gradparity

CODES = {0, 2, 3, 4, 130}
"""What bad input, and good, may end with."""

TEXTS = (
    *("", " ", "-", "--", "---x", "=", "@x", "\x1b[31mred", "\x1b]8;;http://x\x07y", "\u202egnp"),
    *(
        "a\nb",
        "::error::x",
        "[bold]x[/bold]",
        "[/x]",
        "$x$",
        "\udcff",
        "\u200b",
        "é",
        "🙂",
        "'",
        '"',
    ),
    *("%s", "{0}", "{x}", "\\x", "~", "*", "?", "..", "../..", "a" * 5000, "None", "true", "null"),
)
NUMBERS = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "1.5",
        "inf",
        "-inf",
        "nan",
        "1e300",
        "-1e300",
        "1e-300",
        "1e5",
        "1_000",
    ),
    *("0x10", "٣", "9" * 400, "1,2", "1e400", "-0", "+1", "1 ", "2**3", "18446744073709551616"),
)
NAMES = (
    *(
        "booth",
        "xor",
        "price",
        "quick",
        "rosenbrok",
        "numpy",
        "tape",
        "torch",
        "jax",
        "nunpy",
        "adam",
    ),
    *("tiny", "small", "all", "gradient", "jvp", "value", "hvp", "float64", "float32", "float16"),
    *(
        "cpu",
        "cuda",
        "tpu",
        "table",
        "json",
        "csv",
        "markdown",
        "junit",
        "github",
        "parquet",
        "latex",
    ),
    *("HEAD", "HEAD~1", "nothing", "beta2=1", "adam.beta2=0.9", "x=", "=x", "cosine", "step:0.5:2"),
    *("1e-3:1:log5", "0:0:lin0", "EUR", "constant:warmup=-1", "2026"),
)


GOOD_VALUES = {
    **{
        "--backend": ("numpy", "tape", "numpy,tape"),
        "--size": ("tiny", "all"),
        "--dtype": ("float64",),
    },
    **{
        "--operator": ("gradient", "hvp"),
        "--device": ("cpu",),
        "--optimizer": ("adam", "momentum"),
    },
    **{
        "--format": ("table", "json", "csv", "markdown"),
        "-f": ("json",),
        "--lr": ("0.1", "1e-2:1:log3"),
    },
    **{"--reference": ("numpy",), "--option": ("beta2=0.9",), "--schedule": ("cosine",)},
    **{"--against": ("HEAD",), "--baseline": ("base.json",), "--currency": ("EUR",)},
}
GOOD_NAMES = ("booth", "xor-tanh", "price-linear", "quick", "good.py", "suite.toml")


def folder_of_files(folder):
    """Fill a folder with what may be named as a file; return the names."""
    folder = Path(folder)
    (folder / "good.py").write_text(GOOD)
    (folder / "empty.py").write_text("")
    (folder / "binary.py").write_bytes(bytes(range(256)))
    (folder / "broken.py").write_text("def (:\n")
    (folder / "raises.py").write_text("raise ValueError('\\x1b[31mno\\n::error::no')\n")
    (folder / "exits.py").write_text("raise SystemExit(1)\n")
    (folder / "folder.py").mkdir()
    (folder / "loop.py").symlink_to("loop.py")
    (folder / "dangling.py").symlink_to("nowhere.py")
    (folder / "suite.toml").write_text('[[problems]]\nproblem = "booth"\n')
    (folder / "bad.toml").write_text("[[problems]]\nproblem = 3\n")
    (folder / "deep.toml").write_text("x = " + "[" * 3000)
    (folder / "empty.toml").write_text("")
    (folder / "deep.json").write_text("[" * 3000)
    (folder / "base.json").write_text('{"format": "gradparity-baseline-1"}')
    (folder / "text.txt").write_text("no code\n")
    (folder / "full.db").write_bytes(b"SQLite format 3\x00" + bytes(100))
    os.mkfifo(folder / "pipe.py")
    os.mkfifo(folder / "pipe.toml")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "socket.py"))
    (folder / os.fsdecode(b"no\xffutf.py")).write_text(GOOD)
    names = sorted(entry.name for entry in folder.iterdir())
    return [
        *names,
        "missing.py",
        "missing.toml",
        "no/such/file.py",
        "./",
        "/",
        "/dev/null",
        "x\0.py",
    ]


def verbs():
    """Every verb as the words that call it, with its parameters."""
    found = []

    def walk(command, words):
        for name, below in getattr(command, "commands", {}).items():
            walk(below, [*words, name])
        if not getattr(command, "commands", {}):
            found.append((words, command.params))

    walk(typer.main.get_command(app), [])
    return [(words, params) for words, params in found if words != ["play"]]


def command_line(rng, known, files):
    """One command line, as a list of words: a verb, a few of its options, some of them hostile."""
    words, params = rng.choice(known)
    line = list(words)
    if rng.random() < 0.03:
        line = [rng.choice(TEXTS)]
    pools = (NAMES, NUMBERS, TEXTS, files)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        line.append(rng.choice(rng.choices((GOOD_NAMES, *pools), (12, 2, 1, 2, 4))[0]))
    options = [param for param in params if param.opts and param.opts[0].startswith("-")]
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5))):
        if not options:
            break
        param = rng.choice(options)
        name = rng.choice(param.opts)
        line.append(name)
        if rng.random() < (0.1 if param.is_flag else 0.95):
            kind = repr(param.type_descriptor)
            numeric = "int" in kind or "float" in kind
            good = GOOD_VALUES.get(name, ("1", "3", "10") if numeric else ("x",))
            weights = (6, 1, 8, 2, 1) if numeric else (10, 4, 2, 3, 3)
            line.append(rng.choice(rng.choices((good, *pools), weights)[0]))
    return line


def complaint(ended):
    """What is wrong with how a command ended; None if nothing is."""
    if ended.code not in CODES:
        return f"exit code {ended.code}"
    if "Traceback" in ended.err:
        return "a traceback"
    for text in (ended.out, ended.err):
        if seen := {sign for sign in text if hidden(sign) and sign not in "\n\r"}:
            return f"hidden letters {seen!r}"
        if (
            any(line.lstrip().startswith("::") for line in text.splitlines())
            and "github" not in text
        ):
            return "a command of GitHub"
    *_, last = ["", *ended.err.splitlines()]
    if ended.code == 2 and not last.startswith("gradparity: ") and "Usage" not in ended.err:
        return "no reason in the last line"
    return None


def complaints(count, seed, folder, watch=False):
    """(command line, what is wrong with its end), of so many; and how often each exit code came."""
    files = folder_of_files(folder)
    rng, known = random.Random(seed), verbs()
    found, codes = [], Counter()
    for _ in range(count):
        line = command_line(rng, known, files)
        ended = gradparity(*line, cwd=folder, workers=False, TMPDIR=str(folder))
        codes[ended.code] += 1
        told = complaint(ended)
        if told is not None:
            found.append((line, f"{told}: {ended.err[-300:]}"))
            if watch:
                print(line, "->", found[-1][1], flush=True)
    return found, codes


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        wrong, ends = complaints(int(sys.argv[1]), int([*sys.argv, "0"][2]), place, watch=True)
    print(
        f"{len(wrong)} of {sum(ends.values())} command lines did not end as they should; {dict(ends)}"
    )
