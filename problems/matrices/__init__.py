"""What linear algebra does to arrays of any floating dtype, longdouble among them."""
