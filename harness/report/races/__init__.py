"""The views of training in a report: paths step by step, and what the learning rate does."""
