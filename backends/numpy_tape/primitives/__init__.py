"""What an operation is: a primitive, on plain arrays and on boxes."""
