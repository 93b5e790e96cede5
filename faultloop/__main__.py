"""`python -m faultloop`."""

from faultloop.cli import main

main()
