"""What a source of the kind `rest` is made of: options, requests, paging, records."""
