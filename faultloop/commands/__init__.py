"""The commands, one file each. What takes long to import is imported inside the command that needs it."""
