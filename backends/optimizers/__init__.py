"""Our optimisers, from scratch in NumPy: one small file each, its update equations above it."""
