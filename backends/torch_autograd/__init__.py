"""PyTorch: eager autograd, torch.func, and compiled."""
