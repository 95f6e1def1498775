"""Every message that advises something is followed by a test, or says why it cannot be."""

import ast
import re

from tests import (
    ROOT,
    test_advice,
    test_followed_advice,
    test_followed_calls,
    test_followed_lines,
    test_followed_rooms,
)
from tests.harness.cluster import test_typed_workers

VERBS = "type|write|say|add|use|give|take|name|make|pass|choose|start|leave"
ADVICE = re.compile(rf"[;:,] (?:or )?(?:{VERBS}) ")

UNFOLLOWED = ROOT / "tests/unfollowed_advice.txt"
"""Messages whose advice no test follows, {} for what is filled in; after a bar, why not."""

WAITING = 10
"""New messages that may wait to be followed, or listed."""


def advising():
    """The texts with advice that the package raises, {} for what is filled in."""
    rooms = ("harness", "problems", "backends", "results")
    for path in (path for room in rooms for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                for one in node.exc.args:
                    if ADVICE.search(text := _text(one)):
                        yield text


def _text(node):
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def tables():
    """(refused, advice, followed) of every test that follows advice."""
    yield from (*test_advice.COMMANDS.values(), *test_advice.LOSSES.values())
    yield from (*test_followed_advice.LOSSES.values(), *test_followed_advice.COMMANDS.values())
    yield from (*test_followed_calls.CALLS.values(), *test_followed_lines.COMMANDS.values())
    yield from (*test_followed_rooms.ROOMS.values(), *test_typed_workers.CLUSTERS)
    yield None, r"a loss may not use x\..* of an array; write ", test_followed_rooms.test_a_method


def test_every_advice_is_followed_or_says_why_not():
    patterns = [advice for _, advice, _ in tables()]
    every = set(advising())
    listed = dict(line.split(" | ") for line in UNFOLLOWED.read_text().splitlines())
    followed = {text for text in every if any(re.search(advice, text) for advice in patterns)}
    assert not set(listed) & followed, "followed by now: strike them from the list"
    assert not set(listed) - every, "no longer said: strike them from the list"
    assert all(len(why.split()) > 3 for why in listed.values())
    waiting = every - followed - set(listed)
    assert len(waiting) <= WAITING, f"follow them in a test: {waiting}"
