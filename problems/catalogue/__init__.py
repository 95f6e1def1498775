"""Every problem that comes with gradparity."""

from gradparity.problems.catalogue.every import PROBLEMS

__all__ = ["PROBLEMS"]
