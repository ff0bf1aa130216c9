"""See what a reader does besides reading: code it runs, files it writes, lines it reaches."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import neurospine
from neurospine.description.hdf5_guard import PROGRAM

_PACKAGE = str(Path(neurospine.__file__).parent)
#: Events of the interpreter that no reader of files has a reason for.
_FORBIDDEN = (
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill", "pty.spawn"),
    *("os.putenv", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate"),
    *("subprocess.", "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "ctypes.dlopen"),
    *("cpython.run_", "code.__new__", "function.__new__", "builtins.input", "webbrowser."),
)
_MOVING = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "shutil.")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """Notes what happens while it watches; hooks of the interpreter cannot be taken off again."""

    def __init__(self, scratch: Path) -> None:
        self.seen: list[str] = []
        self._watching = False
        self._scratch = str(scratch)
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what happens in a block."""
        self.seen, self._watching = [], True
        try:
            yield
        finally:
            self._watching = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event == "exec":  # of a module that is imported, or of a text
            name = getattr(arguments[0], "co_filename", "?")
            if not name.startswith(("/", "<frozen")):
                self.seen.append(f"runs a text as code ({name})")
        elif event == "open":
            path, mode, flags = arguments
            writes = any(c in str(mode or "") for c in "wax+") or (flags or 0) & _WRITING
            if writes and not self._own(path) and path != os.devnull:
                self.seen.append(f"opens {path} to write")
        elif event == "subprocess.Popen" and PROGRAM in arguments[1]:
            return  # what looks through HDF5 files for the package
        elif event.startswith(_FORBIDDEN) or (
            event.startswith(_MOVING) and not self._own(arguments[0])
        ):
            self.seen.append(f"{event} {arguments!r:.100}")

    def _own(self, path: Any) -> bool:
        return isinstance(path, int) or str(Path.cwd() / os.fsdecode(path)).startswith(
            self._scratch
        )


class Lines:
    """Counts the lines of the package that were reached, each at its first time."""

    def __init__(self) -> None:
        self.reached = 0
        tool, events = sys.monitoring.COVERAGE_ID, sys.monitoring.events
        sys.monitoring.use_tool_id(tool, "hardening")
        sys.monitoring.register_callback(tool, events.LINE, self._reach)
        sys.monitoring.set_events(tool, events.LINE)

    def _reach(self, code: Any, line: int) -> Any:
        self.reached += code.co_filename.startswith(_PACKAGE)
        return sys.monitoring.DISABLE
