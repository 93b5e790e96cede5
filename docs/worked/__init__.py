"""Worked examples of the analysis on the demo organisation: `python -m docs.worked` writes docs/methods.md."""
