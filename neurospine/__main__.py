"""Run the commands with ``python -m neurospine``."""

from __future__ import annotations

import sys


def start() -> None:
    """Run a command; an interrupt before there is one to run ends as quietly as any."""
    try:
        from neurospine.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start()
