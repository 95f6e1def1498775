"""The report of a store as a page for a team: read, and never written."""
