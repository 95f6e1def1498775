"""The hand-written gradients of `problems.science`, a module for each of its modules."""
