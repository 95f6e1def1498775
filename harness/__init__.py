"""How it is judged, timed, trained and gated; the command line."""
