"""What code says of itself: Markdown for each line `<!-- made: NAME ... -->` of a page."""

import re
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/gradparity/gradparity/"

MAKERS = {
    "public-names": ("made.public_names", "public_names"),
    "command-line": ("made.command_line", "command_line"),
    "verdicts": ("made.verdicts", "verdicts"),
    "causes": ("made.verdicts", "causes"),
    "exit-codes": ("made.verdicts", "exit_codes"),
    "backends": ("made.registries", "backends"),
    "optimisers": ("made.registries", "optimisers"),
    "suites": ("made.registries", "suite_table"),
    "file": ("made", "file"),
    "executed": ("made.executed", "executed"),
    "rooms": ("made.rooms_picture", "rooms_picture"),
}
"""Name in a page: module and function."""

_MADE = re.compile(r"^<!-- made: (\S+)((?: \S+)*) -->$", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")


def fill(app, docname, source):
    """Put in what is made, and let links to files outside of docs/ lead to the repository."""
    text = _MADE.sub(lambda found: _made(found[1], found[2].split()), source[0])
    folder = (Path(app.srcdir) / docname).parent
    source[0] = _LINK.sub(lambda found: _target(found[1], found[2] or "", folder), text)


def _made(name, arguments):
    module, function = MAKERS[name]
    return getattr(import_module(module), function)(*arguments)


def _target(link, anchor, folder):
    """The address of a file that is no page of the site."""
    if "://" in link or link.startswith("mailto:"):
        return link + anchor
    path = (folder / link).resolve()
    docs = ROOT / "docs"
    if path.is_relative_to(docs):
        return link + anchor
    inside = path.relative_to(ROOT)
    rooms = ROOT / "src" / "gradparity" / inside  # of an unpacked source distribution
    if not (path.exists() or rooms.exists()):
        raise FileNotFoundError(f"{link}, linked from {folder}, is not there")
    kind = "tree" if (path if path.exists() else rooms).is_dir() else "blob"
    return f"{REPOSITORY}{kind}/main/{inside.as_posix()}{anchor}"


def file(name, start="", end=""):
    """A Markdown file of the root, without its title; links are seen from the page's folder.

    start, end: a part of it, from the heading of these words (- for a space) to the next one named.
    """
    text = (ROOT / name).read_text()
    if start:
        text = text[text.index(f"\n## {start.replace('-', ' ')}\n") + 1 :]
        text = text.split("\n", 1)[1]
        text = text[: text.index(f"\n## {end.replace('-', ' ')}\n")] if end else text
    else:
        text = text.split("\n", 1)[1]
    return _LINK.sub(lambda found: _from_root(found[1]) + (found[2] or ""), text)


def _from_root(link):
    """A link as the root's file has it, as seen from a folder of docs/."""
    return link if "://" in link else f"../../{link}"
