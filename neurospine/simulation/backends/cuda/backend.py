"""Build a network as a CUDA program and run it on a GPU."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from neurospine.errors import BuildError
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.backends.cuda.toolkit import Compiler, Curand
from neurospine.simulation.backends.examination import examine
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.backends.standalone.arguments import Slot
from neurospine.simulation.backends.standalone.backend import StandaloneProgram
from neurospine.simulation.network import Network


def compile_command(compiler: Compiler, curand: Curand, capability: str) -> list[str]:
    """Return what makes a program of ``program.cu`` in a folder, for a compute capability.

    Arithmetic is that of IEEE, as in C++ programs; device code of one unit is linked once
    more because Brian2CUDA declares its variables as external.
    """
    return [
        *(str(compiler.path), "-ccbin", build_cache.compiler(), "-std=c++17", "-O3", "-w"),
        *(f"-arch=sm_{capability.replace('.', '')}", "-rdc=true", "-I.", f"-I{curand.include}"),
        *("program.cu", "-o", "main", f"-L{curand.library.parent}", f"-l:{curand.library.name}"),
        *("-Xlinker", f"-rpath={curand.library.parent}"),
    ]


class CudaBackend:
    """One compiled program for each structure of network, run on the first GPU.

    `CUDA_VISIBLE_DEVICES` chooses another. A run that was cut off cannot go on.
    """

    name = "cuda"
    resumes = False

    def build(self, network: Network) -> StandaloneProgram:
        """Return the program for a network, from the cache where it is there."""
        command, tools = _tools()
        main, arguments, fresh = build_cache.program(
            network.structure, lambda folder: _generate(network, folder), command, tools
        )
        return StandaloneProgram(main, arguments, fresh)


@lru_cache(maxsize=1)
def _tools() -> tuple[list[str], tuple[str, ...]]:
    """Return what compiles a program here, and the versions that decide its code.

    Raises
    ------
    BuildError
        If something is missing; the message names all of it and what installs it.
    """
    lacking = [finding for finding in examine()["cuda"] if finding.found is None]
    if lacking:
        named = "; ".join(f"no {finding.what} ({finding.remedy})" for finding in lacking)
        raise BuildError(
            f"the cuda backend cannot be used here: {named}. 'neurospine doctor' shows what "
            "there is; --backend cpp needs a C++ compiler only"
        )
    compiler = toolkit.find_compiler()
    curand = toolkit.find_curand(compiler) if compiler else None
    assert compiler
    assert curand
    command = compile_command(compiler, curand, _capability())
    return command, (compiler.release, version("brian2cuda"))


def _generate(network: Network, folder: Path) -> list[Slot]:
    from neurospine.simulation.backends.cuda.source import generate  # needs Brian2CUDA

    return generate(network, folder)


def _capability() -> str:
    """Return the compute capability of the device that programs see first."""
    devices = toolkit.find_devices() or []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]
    if not visible.isdigit():
        raise BuildError(f"CUDA_VISIBLE_DEVICES {visible!r}: the number of a device is wanted")
    if int(visible) >= len(devices):
        raise BuildError(f"CUDA_VISIBLE_DEVICES names device {visible} of {len(devices)}")
    return devices[int(visible)].capability
