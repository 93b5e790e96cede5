"""How files are written: one module per format, each turning a file into frames in which every column is text."""
