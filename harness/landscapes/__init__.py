"""Any loss, looked at: a curve, a surface, or a slice of it, and descents from where one clicks."""
