"""Run the commands with ``python -m neurospine``."""

from neurospine.cli import main

main()
