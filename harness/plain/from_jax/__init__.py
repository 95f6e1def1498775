"""A loss of JAX arrays becomes steps, by way of its jaxpr."""
