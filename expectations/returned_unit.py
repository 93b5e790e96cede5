"""Failed items in the workshop: received, inspected, repaired, released, sent back."""

from expectations.check import in_order, not_ahead, of_entity
from expectations.drift import volume_drift

SUITE = of_entity(
    "returned_unit",
    *in_order("received_at", "inspected_at", "repaired_at", "released_at", "sent_at"),
    *not_ahead("received_at"),
    volume_drift("received_at"),
)
