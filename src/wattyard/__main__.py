"""`python -m wattyard` is the command `wattyard`."""

from wattyard.cli import main

main()
