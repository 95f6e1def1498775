"""Names of a user's as those of the arrays in an .npz file, whatever characters they hold."""

from __future__ import annotations

import re

_AWKWARD = re.compile("[\\x00-\\x1f\\x7f\\\\\\ud800-\\udfff]")
"""Control characters (a zip file cuts a name at the first null), half characters, and \\ itself."""

_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def member_name(name: str) -> str:
    r"""The name with every awkward character as \u and four digits; others stay as they are."""
    return _AWKWARD.sub(lambda found: f"\\u{ord(found[0]):04x}", name)


def named_by(member: str) -> str:
    """The name that `member_name` has made `member` of."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), member)
