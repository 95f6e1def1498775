"""The hand-written NumPy derivatives, one module or more per module of `problems`."""
