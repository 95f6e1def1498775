"""Optimisers that ask for gradients, Hessians or residuals where they want them."""
