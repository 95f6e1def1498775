"""One array or another, entry by entry."""

from __future__ import annotations

from gradparity.problems.operations.family import Family

FAMILY = Family("selections", ("clip", "where"))
