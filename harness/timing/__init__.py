"""How long does it take? The crew of processes, its rounds, and resuming."""
