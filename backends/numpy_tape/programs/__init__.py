"""The program that a gradient becomes, and how it is rewritten."""
