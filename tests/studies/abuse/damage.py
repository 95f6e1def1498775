"""Text and trees, damaged at random."""

from __future__ import annotations

import copy
import random

from tests.harness.terminal.hostile import HOSTILE

PIECES = (
    *("[", "]", "{", "}", '"', "'", '"""', ",", "=", ":", "\n", "\r", "\0", "\\", "#", ".", "-"),
    *("[[", "]]", "[[problems]]", "\ufeff", "\x1b[31m", "\u202e", "\nproblem = 1\n", "null", "NaN"),
    *("1e999", "0x", "9" * 5000, "[" * 2000, '{"a":' * 1500, "é", "1979-05-27", "true", "\ud800"),
)
ODD = (
    *(None, True, False, 0, -1, 1.5, 10**400, float("nan"), float("inf"), -0.0, 2**63),
    *("", "x", [], {}, [[]], {"": {}}, [None], [1, 2, 3], ["booth"] * 300, "a" * 10000),
)
"""Values that may stand where others belong."""


def altered(text: str, rng: random.Random) -> bytes:
    """A text with one to four places cut, doubled, exchanged or filled; or its bytes flipped."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        first = rng.randrange(len(text) + 1)
        last = min(len(text), first + rng.choice((0, 1, 3, 20, len(text))))
        change = rng.randrange(5)
        if change == 0:
            text = text[:first] + text[last:]
        elif change == 1:
            text = text[:last] + text[first:]
        elif change == 2:
            text = text[:first] + rng.choice(PIECES) + text[last:]
        elif change == 3:
            text = text[:first] + rng.choice(HOSTILE) + text[first:]
        else:
            lines = text.split("\n")
            rng.shuffle(lines)
            text = "\n".join(lines)
    found = bytearray(text.encode(errors="surrogatepass"))
    if found and rng.random() < 0.2:
        for _ in range(rng.choice((1, 5))):
            found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def odd(rng: random.Random):
    """A value that may stand where another belongs."""
    return copy.deepcopy(rng.choice((*ODD, *HOSTILE)))


def places(tree, above=()):
    """The path of every node of a tree of dicts and lists, but the root's."""
    if not isinstance(tree, dict | list):
        return
    for key, below in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*above, key)
        yield from places(below, (*above, key))


def replaced(tree, rng: random.Random):
    """A copy of a tree in which one to three nodes are gone, renamed or of another kind."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 2, 3))):
        path = rng.choice([*places(tree)] or [()])
        if not path:
            return odd(rng)
        parent = tree
        for key in path[:-1]:
            parent = parent[key]
        change = rng.randrange(4) if isinstance(parent, dict) else rng.randrange(2)
        value = parent.pop(path[-1]) if change else parent[path[-1]]
        if change == 0:
            parent[path[-1]] = odd(rng)
        elif change == 2:
            parent[str(odd(rng))[:50]] = value
        elif change == 3:
            parent[path[-1]] = [value] if rng.random() < 0.5 else {"x": value}
    return tree
