"""Saddles, valleys, noise and curvature, measured: claims 23 to 29 and 35 to 39."""
