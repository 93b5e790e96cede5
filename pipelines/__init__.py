"""Moving data: from the sources to the landing zone, and through the warehouse to a published snapshot."""
