"""The live page: views that run the real backends while a slider moves."""
