"""Pieces of pages, each a function from values to a component."""
