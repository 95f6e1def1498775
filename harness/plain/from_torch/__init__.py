"""A loss of torch tensors becomes steps, by way of torch's dispatcher."""
