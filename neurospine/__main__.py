"""Run the commands with ``python -m neurospine``."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time


def start() -> None:
    """Run a command; an interrupt before there is one to run ends as quietly as any."""
    sys.unraisablehook = _repeat_interrupt
    try:
        from neurospine.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


def _repeat_interrupt(lost: sys.UnraisableHookArgs) -> None:
    """Interrupt once more after an interrupt that Python could not raise, as in a destructor."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    with contextlib.suppress(RuntimeError):  # no thread begins where the command is ending
        threading.Thread(target=_interrupt_soon, daemon=True).start()


def _interrupt_soon() -> None:
    time.sleep(0.01)  # until Python has left the place where the first one was lost
    main_thread = threading.main_thread().ident
    if main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGINT)


if __name__ == "__main__":
    start()
