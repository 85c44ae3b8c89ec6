"""``python -m holotype`` is the command line."""

from holotype.cli import main

main()
