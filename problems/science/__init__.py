"""Losses of science: mixtures, clusters, orbits of an equation, cameras, atoms, filters, fields."""
