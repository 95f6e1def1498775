"""The hand-written gradients of `problems.marketing`."""
