"""That a function which is given float32 numbers computes in float64."""

from __future__ import annotations


class Widened(BaseException):
    """A step has made float64 of float32; the text says what makes it so, and where.

    No error: nothing that the user's code catches.
    """
