"""Dual numbers in longdouble: forward differentiation of the loss alone."""
