"""The command line: where the applications meet. Nothing imports it."""
