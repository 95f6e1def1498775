"""The code blocks of a page, and what happens if they are run.

In the order of the page, in an empty folder that has a copy of `examples/`. By its language a block is

- `python`: run, all of a page in one namespace;
- `console`, or none: each line that begins with "$ " is typed, and the lines below it are printed,
  in this order; what is printed between them may be left out;
- anything else, or with a marker, a comment above it: as the marker says.

    <!-- file: NAME -->         written into the folder
    <!-- output -->             what the block before printed, line by line, parts left out
    <!-- is: PATH -->           part of that file of the repository
    <!-- not run: REASON -->    for readers alone
"""

import contextlib
import io
import math
import re
import shlex
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from tests import PACKAGE, ROOT
from tests.pages.typed import typed

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(p for p in sorted((ROOT / "docs").rglob("*.md")) if "made" not in p.parts),
]
TEAM = "postgresql+psycopg://team@db/gradparity"
"""The store of pages about a team's database."""

PICTURES = ("mermaid", "{toctree}", "{eval-rst}", "{image}")
"""Of these the site's own build tells whether they are right."""

_BLOCK = re.compile(
    r"^(?:<!-- (?P<marker>[a-z ]+?)(?:: (?P<what>[^\n]*?))? -->\n\n?)?"
    r"^```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of a page: its line, its language, its marker with what it says, its text."""

    line: int
    language: str
    marker: str
    what: str
    text: str


def blocks(page):
    """The blocks of a page that this module answers for."""
    text = page.read_text()
    found = []
    for one in _BLOCK.finditer(text):
        if one["language"] in PICTURES:
            continue
        line = text.count("\n", 0, one.start("text"))
        found.append(
            Block(line, one["language"], one["marker"] or "", one["what"] or "", one["text"])
        )
    return found


@dataclass
class Done:
    """What running a page came to: how many blocks were executed, held against files, or left."""

    executed: int = 0
    commands: int = 0
    held: int = 0
    reasons: list[str] = field(default_factory=list)


def run(page, folder, store=None, install=None):
    """Run a page's blocks in a folder; AssertionError where something else happens than is shown.

    store: the URL that stands for `TEAM` while they run.
    install: called with the words behind `pip install`; without it nothing is installed.
    """
    done, names, printed = Done(), {"__name__": "page"}, ""
    for one in blocks(page):
        where = f"{page.name}, line {one.line}"
        with _told(where):
            match one.marker or one.language:
                case "not run":
                    assert one.what, "a reason is missing"
                    done.reasons.append(f"{where}: {one.what}")
                case "file":
                    (folder / one.what).write_text(one.text)
                    done.held += 1
                case "is":
                    assert one.text.strip() in _repository(one.what).read_text(), one.what
                    done.held += 1
                case "output":
                    shown_in(one.text, printed)
                    done.held += 1
                case "python":
                    printed = _python(one.text, names, where)
                    done.executed += 1
                case "console" | "":
                    printed = _typed(one.text, folder, done, store, install)
                    done.executed += 1
                case other:
                    raise AssertionError(f"a block of {other!r} needs a marker")
    return done


@contextlib.contextmanager
def _told(where):
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{where}: {error}") from error


def _repository(path):
    return ROOT / path if (ROOT / path).exists() else PACKAGE / path


def _python(text, names, where):
    """What a block of Python prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed, warnings.catch_warnings():
        warnings.simplefilter("default")
        exec(compile(text, where, "exec"), names)
    return printed.getvalue()


def _typed(text, folder, done, store, install):
    """Type each command, and hold what it prints against the lines below it."""
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not commands[0].strip(), f"output before a command: {commands[0]!r}"
    assert len(commands) > 1, "no line begins with '$ '"
    printed = ""
    for one in commands[1:]:
        command, _, shown = one.replace("\\\n", " ").partition("\n")
        words = shlex.split(command, comments=True)
        done.commands += 1
        if words[:2] == ["pip", "install"]:
            if install:
                install(words[2:])
            continue
        real = [word.replace(TEAM, store) for word in words] if store else words
        printed = call(real, folder, shown)
        printed = printed.replace(store, TEAM) if store else printed
        shown_in(shown, printed, judged=words[1:2] in (["check"], ["gradients"]))
    return printed


def call(words, folder, shown=""):
    """What a command prints; where nothing is shown, it must end with 0."""
    code, told = typed(words, folder)
    assert code in ((0, 1, 3) if shown else (0,)), f"{shlex.join(words)}: {told}"
    return told


def shown_in(shown, printed, judged=False):
    """Every line that is shown is printed, in this order; numbers may differ by 2 %."""
    left = iter(printed.splitlines())
    for line in shown.splitlines():
        if line.strip() and line.strip() != "...":
            assert any(alike(line, other, judged) for other in left), f"{line!r} not in:\n{printed}"


def alike(shown, printed, judged=False):
    """Whether two lines say the same: words are equal, numbers to 2 %; columns may be left out.

    judged: of verdicts, errors within rounding may differ, and so where the worst is.
    """
    one, other = shown.removeprefix("E  ").split(), printed.removeprefix("E  ").split()
    columns = shown.startswith("  ") and printed.startswith("  ")
    if not columns and len(one) != len(other):
        return False
    left = iter(other)
    if columns:
        return all(any(_same(x, y, judged) for y in left) for x in one)
    return all(_same(x, y, judged) for x, y in zip(one, other, strict=True))


def _same(x, y, judged):
    if x == y or (judged and x[-1] == y[-1] == "]"):
        return True
    try:
        x, y = float(x.replace(",", "")), float(y.replace(",", ""))
    except ValueError:
        return False
    return math.isclose(x, y, rel_tol=0.02) or (judged and max(abs(x), abs(y)) < 1)


def installed(page):
    """What a page tells to install of ours, in a block or between: `gradparity[torch]`, ..."""
    return set(
        re.findall(r"pip install '?(gradparity(?:\[[\w,]+\])?)(?![\w ]*@)", page.read_text())
    )


def prepared(folder):
    """A folder with a copy of the examples."""
    target = Path(folder) / "examples"
    target.mkdir()
    for path in (ROOT / "examples").glob("*.py"):
        (target / path.name).write_text(path.read_text())
    return Path(folder)
