"""Change inputs in a process of its own: the HDF5 library may fail at changing a damaged file."""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

from tools.hardening.mutation import changed_bytes

#: Seconds after which a change counts as one without end.
PATIENCE = 5.0

Change = Callable[[bytes, Random], bytes]


class Maker:
    """Changes inputs; one whose change fails is changed as bytes."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, inner = context.Pipe()
        arguments = (self._change, inner, self._pipe)
        self._process = context.Process(target=_change_all, args=arguments, daemon=True)
        self._process.start()
        inner.close()

    def made(self, data: bytes, key: str) -> bytes:
        """Return a changed input; the key says how it is changed."""
        with suppress(EOFError, OSError):
            self._pipe.send((data, key))
            if self._pipe.poll(PATIENCE):
                return bytes(self._pipe.recv())
        self.end()
        self._start()
        return changed_bytes(data, Random(key))

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _change_all(change: Change, pipe: Any, other: Any) -> None:
    other.close()
    with suppress(EOFError):
        while True:
            data, key = pipe.recv()
            pipe.send(change(data, Random(key)))
