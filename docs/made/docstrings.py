"""Our docstrings as reStructuredText: prose, `name: what it is`, and indented code."""

import re

_ITEM = re.compile(r"^([A-Za-z_][\w, ]{0,40}): (?=\S)")
_LITERAL = re.compile(r"(`[^`]+`)")


def as_rst(app, what, name, obj, options, lines):
    """Rewrite the lines of a docstring in place."""
    lines[:] = convert(lines)


def convert(lines):
    """The lines of reStructuredText that show these lines of a docstring."""
    told, block = [], []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            told += _shown(block)
            block = []
    return told


def _shown(block):
    if block[0].startswith("    "):
        return [".. code-block:: python", "", *block, ""]
    if block[0].startswith("|"):
        return ["::", "", *("   " + line for line in block), ""]
    chunks = []
    for line in block:
        if chunks and (line.startswith(" ") or not _ITEM.match(line)):
            chunks[-1] += " " + line.strip()
        else:
            chunks.append(line)
    told = []
    for chunk in chunks:
        found = _ITEM.match(chunk)
        text = _escaped(chunk[found.end() :] if found else chunk)
        told += [f"* **{_escaped(found[1])}**: {text}" if found else text, ""]
    return told


def _escaped(text):
    parts = _LITERAL.split(text)
    return "".join(
        f"`{part}`" if part.startswith("`") else re.sub(r"([*|]|_(?=\W|$))", r"\\\1", part)
        for part in parts
    )
