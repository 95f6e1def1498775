"""The hand-written gradients of `problems.systems`, a module for each of its modules."""
