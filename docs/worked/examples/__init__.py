"""One example a file; each has a function `example(organisation)`."""
