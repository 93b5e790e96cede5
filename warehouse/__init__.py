"""The warehouse: built aside from what landed, checked, published as one snapshot, read by everybody."""
