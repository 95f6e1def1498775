"""JAX: `jax.grad` and its like, compiled or not."""
