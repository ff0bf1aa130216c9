"""Build a network as a C++ program and run it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from neurospine.errors import BuildError
from neurospine.simulation.backends.backend import Progress
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.backends.standalone.arguments import Slot, write_arguments
from neurospine.simulation.backends.standalone.source import generate
from neurospine.simulation.network import Network

#: How long an interrupted program may take to come to its end, in seconds.
PATIENCE = 30.0
#: Seconds of wall time between two checkpoints, at the least; `NEUROSPINE_CHECKPOINT` changes it.
CHECKPOINT_SECONDS = 10.0
#: Pages of 2 MB where the GNU C library can ask for them: millions of slots fill many of 4 kB.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


@dataclass(frozen=True)
class StandaloneProgram:
    """A compiled program; `main` is its file, `arguments` what it wants to be given."""

    main: Path
    arguments: list[Slot]
    fresh: bool

    def run(self, network: Network, folder: Path, progress: Progress) -> bool:
        """Run the program; it appends records to the streams in `folder`."""
        tick = -1
        path = folder / "arguments.bin"
        try:
            write_arguments(path, network, self.arguments, checkpoint_seconds())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise BuildError(f"{path}: cannot be written ({error.strerror})") from None
        command = [str(self.main), "--results_dir", f"{folder.resolve()}/"]
        with tempfile.TemporaryFile("w+") as errors:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=self.main.parent,
                    env={**LARGE_PAGES, **os.environ},
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    start_new_session=True,  # an interrupt at the keyboard is for us to pass on
                )
            except OSError as error:
                raise BuildError(
                    f"{self.main}: cannot be started ({error.strerror}). Set NEUROSPINE_CACHE to a "
                    "folder in which programs may run"
                ) from None
            with process:
                try:
                    assert process.stdout
                    for line in process.stdout:
                        if line.startswith("tick "):
                            tick = int(line.split()[1])
                            progress(tick * network.step)
                    process.wait()
                except KeyboardInterrupt:
                    _interrupt(process)
                    return False
                except BaseException:
                    _interrupt(process)
                    raise
                finally:
                    path.unlink(missing_ok=True)
            if process.returncode:
                errors.seek(0)
                said = errors.read().strip() or f"exit status {process.returncode}"
                raise BuildError(f"the compiled program did not finish: {said}")
        return tick >= network.steps


def checkpoint_seconds() -> float:
    """Return how many seconds of wall time lie between two checkpoints, at the least.

    Raises
    ------
    BuildError
        If `NEUROSPINE_CHECKPOINT` is no number.
    """
    text = os.environ.get("NEUROSPINE_CHECKPOINT", str(CHECKPOINT_SECONDS))
    try:
        return float(text)
    except ValueError:
        raise BuildError(f"NEUROSPINE_CHECKPOINT = {text!r}: must be a number of seconds") from None


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Let a program end after its step, or end it."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


class StandaloneBackend:
    """One compiled program for each structure of network."""

    name = "cpp"
    resumes = True

    def build(self, network: Network) -> StandaloneProgram:
        """Return the program for a network, from the cache where it is there."""
        main, arguments, fresh = build_cache.program(
            network.structure, lambda folder: generate(network, folder)
        )
        return StandaloneProgram(main, arguments, fresh)
