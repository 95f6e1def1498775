"""What is raised by a library's own loop that does not end."""

from __future__ import annotations

from gradparity.problems import InputError


class Endless(InputError):
    """A loop went on for more rounds than it was given."""
