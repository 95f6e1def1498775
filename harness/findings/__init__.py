"""What the judge found, as records, and how a record is said. Imports nothing heavy."""
