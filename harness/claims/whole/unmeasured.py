"""Claim 40: what no computer here tells."""

from __future__ import annotations

from gradparity.harness.claims.tools.experiment import Claim

CLAIM = Claim(
    40,
    'Not measurable here: salaries of those who know calculus; "3× faster debugging"; the sizes of '
    "commercial models, what they cost, and how they were trained.",
    None,
)
