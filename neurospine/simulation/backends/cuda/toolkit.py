"""What there is of CUDA on this machine: compiler, random number library, driver, devices."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Brian2CUDA writes programs that need the headers of CUDA's random numbers, and its library.
CURAND_WHEEL = "nvidia-curand==10.4.0.35"
#: Seconds after which a program that is asked what it is counts as broken.
PATIENCE = 20.0
_QUERY = (
    "--query-gpu=name,compute_cap,memory.total,driver_version",
    "--format=csv,noheader,nounits",
)


@dataclass(frozen=True)
class Compiler:
    """The CUDA compiler and its release, such as ``13.0``."""

    path: Path
    release: str

    @property
    def major(self) -> int:
        """The first number of the release."""
        return int(self.release.partition(".")[0])


@dataclass(frozen=True)
class Curand:
    """The folder of ``curand.h`` and the library to link."""

    include: Path
    library: Path


@dataclass(frozen=True)
class Device:
    """A GPU; memory in MiB."""

    name: str
    capability: str
    memory: int
    driver: str


def answer(*command: str) -> str | None:
    """Return what a program prints, or None if it is not there or fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def find_compiler() -> Compiler | None:
    """Return nvcc: of ``CUDA_HOME`` or ``CUDA_PATH``, of ``PATH``, or of ``/usr/local/cuda``."""
    named = [Path(os.environ[n], "bin") for n in ("CUDA_HOME", "CUDA_PATH") if os.environ.get(n)]
    found = [shutil.which("nvcc", path=str(folder)) for folder in named]
    found += [shutil.which("nvcc"), shutil.which("nvcc", path="/usr/local/cuda/bin")]
    for path in filter(None, found):
        said = re.search(r"release (\d+\.\d+)", answer(path, "--version") or "")
        if said:
            return Compiler(Path(path), said.group(1))
    return None


def find_curand(compiler: Compiler) -> Curand | None:
    """Return the random number library of the toolkit, or of NVIDIA's Python packages."""
    root = compiler.path.resolve().parent.parent
    places = [(root / "include", root / lib) for lib in ("lib64", "lib")]
    packages = importlib.util.find_spec("nvidia")
    for base in packages.submodule_search_locations or () if packages else ():
        for name in (f"cu{compiler.major}", *(("curand",) if compiler.major == 12 else ())):
            places.append((Path(base, name, "include"), Path(base, name, "lib")))
    for include, folder in places:
        libraries = sorted(folder.glob("libcurand.so*"))
        if (include / "curand.h").is_file() and libraries:
            return Curand(include, libraries[-1])
    return None


def find_devices() -> list[Device] | None:
    """Return the GPUs that the driver knows, or None where there is no driver."""
    said = answer("nvidia-smi", *_QUERY)
    if said is None:
        return None
    rows = [[word.strip() for word in line.split(",")] for line in said.splitlines() if line]
    return [
        Device(name, capability, int(memory), driver)
        for name, capability, memory, driver in (row for row in rows if len(row) == 4)
        if memory.isdigit()
    ]
