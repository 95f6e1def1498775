"""The tests mirror the rooms; studies and benchmarks, which are run by hand, have rooms of their own."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""Of the checkout, or of the unpacked source distribution."""

PACKAGE = ROOT / "src" / "gradparity"
"""Holds the rooms: links to the root's in a checkout, the rooms themselves in the distribution."""

PATIENCE_S = 600.0
"""What comes in a second on a quiet machine is waited for as long: nobody knows how busy this one is."""
