"""How much of the pages is executed: `python -m tests.pages.count`; the site shows the same."""

from tests import ROOT
from tests.pages.blocks import PAGES, Done, blocks


def counted(page):
    """What running a page will come to, read from the page."""
    found = Done()
    for one in blocks(page):
        match one.marker or one.language:
            case "not run":
                found.reasons.append(one.what)
            case "file" | "is" | "output":
                found.held += 1
            case _:
                found.executed += 1
                found.commands += sum(line.startswith("$ ") for line in one.text.splitlines())
    return found


def table():
    """Markdown: a row for every page that has blocks, and the sum of all."""
    pages = [(page.relative_to(ROOT).as_posix(), counted(page)) for page in PAGES]
    rows = [(name, *_figures(one)) for name, one in pages if any(_figures(one))]
    sums = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
    head = (
        "| page | blocks executed | commands in them | held against a file or an output | not run |"
    )
    lines = [head, "| :-- | --: | --: | --: | --: |"]
    for name, *figures in [*rows, ("**all**", *sums)]:
        lines.append(f"| {name} | {' | '.join(map(str, figures))} |")
    return "\n".join(lines)


def _figures(done):
    return done.executed, done.commands, done.held, len(done.reasons)


if __name__ == "__main__":
    print(table())
