"""The verbs of the command line, but for those that come with the room that they are about."""
