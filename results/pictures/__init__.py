"""Pictures of times and errors."""
