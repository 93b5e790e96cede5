"""Pure statistics: numpy arrays in, frozen dataclasses out, nothing of ours imported."""
