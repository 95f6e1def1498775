"""The loss in extended precision: products, differences, instances."""
