"""What each backend needs, what of it is here, and what installs the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from neurospine.errors import BuildError
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.backends.standalone.build_cache import cache_folder, find_compiler

_TOOLKIT = "install the CUDA toolkit (12 or newer), or set CUDA_HOME to its folder"
_CXX = "install one, for example: apt-get install g++"


@dataclass(frozen=True)
class Finding:
    """One thing that a backend needs.

    `found` says what is here, or is None; then `remedy` says what installs it.
    """

    what: str
    found: str | None
    remedy: str


def examine() -> dict[str, list[Finding]]:
    """Return for each backend what it needs."""
    laws: dict[str, Callable[[], Iterator[Finding]]] = {
        "numpy": _numpy, "cython": _cython, "cpp": _cpp, "cuda": _cuda,
    }  # fmt: skip
    return {name: list(law()) for name, law in laws.items()}


def _numpy() -> Iterator[Finding]:
    for name in ("brian2", "numpy"):
        yield _package(name, f"pip install {name}")


def _cython() -> Iterator[Finding]:
    yield _package("cython", "pip install cython")
    yield _cxx()


def _cpp() -> Iterator[Finding]:
    yield _cxx()
    folder = cache_folder()
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    found = str(folder) if os.access(above, os.W_OK | os.X_OK) else None
    remedy = f"{folder} cannot be written; set NEUROSPINE_CACHE to a folder that can"
    yield Finding("build cache", found, remedy)


def _cuda() -> Iterator[Finding]:
    yield _package("brian2cuda", "pip install brian2cuda==1.0b1")
    yield _cxx()
    nvcc = toolkit.find_compiler()
    yield Finding("CUDA compiler", f"nvcc {nvcc.release} ({nvcc.path})" if nvcc else None, _TOOLKIT)
    curand = toolkit.find_curand(nvcc) if nvcc else None
    remedy = f"pip install {toolkit.CURAND_WHEEL}"
    if nvcc and nvcc.major != 13:
        remedy = f"install cuRAND of CUDA {nvcc.release}, a part of the CUDA toolkit"
    yield Finding("curand.h", str(curand.include) if curand else None, remedy)
    yield Finding("cuRAND library", str(curand.library) if curand else None, remedy)
    devices = toolkit.find_devices()
    driver = None if devices is None else devices[0].driver if devices else "without a device"
    yield Finding("NVIDIA driver", driver, "install the NVIDIA driver of your system")
    for number, device in enumerate(devices or ()):
        found = f"{device.name}, compute capability {device.capability}, {device.memory} MiB"
        yield Finding(f"device {number}", found, "")
    if not devices:
        yield Finding("device", None, "run on a machine with an NVIDIA GPU")


def _package(name: str, remedy: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = None
    return Finding(name, found, remedy)


def _cxx() -> Finding:
    try:
        path = find_compiler()
    except BuildError:
        return Finding("C++ compiler", None, _CXX)
    said = (toolkit.answer(path, "--version") or "").partition("\n")[0]
    return Finding("C++ compiler", f"{said} ({path})" if said else None, _CXX)
