"""Whole networks learning, measured: claims 30 to 32."""
