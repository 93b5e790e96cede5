"""Suppliers: people know them by their names."""

from expectations.check import filled_share, of_entity

SUITE = of_entity(
    "supplier",
    filled_share("name", 0.95),
)
