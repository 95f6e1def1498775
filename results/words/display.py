"""Text that somebody else wrote, as it may be shown: every letter is seen, and none is obeyed.

File names, problems, parameters, labels, commits and the messages of a user's code come from
outside. What a terminal would obey, what nobody would see and what would begin a command in a log
is shown by its code. `json_values.py`, `csv_cells.py` and `markdown.py` add what formats need.
"""

from __future__ import annotations

import codecs
import re

TO_ASCII = str.maketrans(
    {
        **{"µ": "u", "×": "x", "–": "-", "·": "-", "—": "-", "─": "-", "±": "+-", "τ": "tau"},
        **{"→": "->", "…": "...", "²": "^2", "ᵀ": "'", "−": "-", "≤": "<=", "≥": ">="},
    }
)
"""Our own signs by their look."""

ASCII_ERRORS = "gradparity-ascii"
"""What a stream does with a letter that it lacks: `to_ascii`."""

_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
_SUSPECT = re.compile("[^ -~]")
_NEVER_SEEN = re.compile(f"[{_UNSEEN}\U000e0100-\U000e01ef]")
"""Letters by Unicode's account, of which nothing is seen: fillers, joiners, variation selectors."""

_CREDENTIALS = re.compile(r"(://[^\s:/@]*:)\S*@")
_PARAMETER = re.compile(r"([?&][^\s=&]*password=)[^\s&'\"]*")

# GitHub obeys "::error::" where a line begins and "##[error]" anywhere, Azure "##vso[...]".
_COMMAND = re.compile(r"^(\s*):(?=:)")
_ANYWHERE = re.compile(r"#(?=#[A-Za-z]*\[)")


def visible(text: str) -> str:
    r"""Write `text` with everything that is not seen, or is obeyed, by its code: "\x1b", "\u202e".

    A newline is one of these. Spaces stay, and what is visible already stays as it is.
    """
    shown = _SUSPECT.sub(lambda found: _code(found[0]), text)
    return _ANYWHERE.sub(r"\\x23", _COMMAND.sub(r"\1\\x3a", shown))


def printable(text: str) -> str:
    """Write `text` on one line: every stretch of white space is a space, the rest is `visible`.

    What is nothing but white space is shown by its codes.
    """
    return visible(" ".join(text.split()) or text)


def without_passwords(text: str) -> str:
    """Write `text` with *** for the passwords of URLs: those before the @, and parameters."""
    return _PARAMETER.sub(r"\1***", _CREDENTIALS.sub(r"\1***@", text))


def hidden(sign: str) -> bool:
    """Whether nobody would see this letter, or a terminal would obey it."""
    return not sign.isprintable() or _NEVER_SEEN.match(sign) is not None


def to_ascii(text: str) -> str:
    """Write `text` in ASCII: our own signs by their look, others by their code."""
    return text.translate(TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _code(sign: str) -> str:
    return sign.encode("unicode_escape").decode() if hidden(sign) else sign


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


codecs.register_error(ASCII_ERRORS, _replaced)
