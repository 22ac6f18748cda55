"""The steps of each command, in reading order."""
