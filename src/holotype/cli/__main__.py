"""``python -m holotype.cli``."""

from holotype.cli import main

main()
