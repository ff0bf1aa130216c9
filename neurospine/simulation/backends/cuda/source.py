"""The CUDA source of a program: what Brian2CUDA generates, in one translation unit with ours.

Templates of our own take the place of those that make one program wait for the host in every
step, or need the memory of the host (see docs/cuda.md). Nothing of Brian2CUDA is changed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import brian2
from brian2 import second
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import all_devices, reset_device
from brian2.utils.logger import catch_logs
from brian2cuda.codeobject import CUDAStandaloneAtomicsCodeObject, CUDAStandaloneCodeObject
from brian2cuda.device import CUDAStandaloneDevice
from brian2cuda.utils.gputools import reset_cuda_installation, reset_gpu_selection

from neurospine.simulation.assembly import Assembly, assemble, refusals
from neurospine.simulation.backends.cuda.tables import DeviceTables
from neurospine.simulation.backends.standalone import source as standalone
from neurospine.simulation.backends.standalone.arguments import Slot, slots
from neurospine.simulation.exact import solved_once
from neurospine.simulation.network import Network

_DEVICE = "neurospine_cuda"
#: What is the same in programs of C++ and of CUDA, and what is not.
_SHARED = ("clocks.h", "runtime.h", "runtime.cpp", "spreading.cpp", "driver.cpp")
_OWN = ("memory.h", "living.h", "arrivals.h", "notes.h", "living.cu", "spreading.cu")
_HEADERS = (
    "algorithm cassert chrono climits cmath csignal cstdint cstdio cstdlib cstring ctime fstream "
    "iostream iterator map numeric random set stdint.h string tuple utility vector unistd.h "
    "thrust/host_vector.h thrust/device_vector.h curand.h curand_kernel.h"
).split()
#: A statement that sets an element of an array.
_SET = re.compile(r"^\s*(_ptr_\w+)\[(\w+)\] = ", re.MULTILINE)


class _CodeObject(CUDAStandaloneCodeObject):  # type: ignore[misc]
    """Code made from our own template where `templates` has one of that name."""

    templater = CUDAStandaloneCodeObject.templater.derive(__package__)


class _AtomicCodeObject(CUDAStandaloneAtomicsCodeObject):  # type: ignore[misc]
    templater = _CodeObject.templater


class _OwnTemplates(CPPStandaloneDevice):  # type: ignore[misc]
    """Comes after Brian2CUDA's device, which says which code objects need atomic operations."""

    def code_object(self, *arguments: Any, codeobj_class: Any = None, **named: Any) -> Any:
        atomic = codeobj_class is CUDAStandaloneAtomicsCodeObject
        own = _AtomicCodeObject if atomic else _CodeObject
        return super().code_object(*arguments, codeobj_class=own, **named)


class _Device(CUDAStandaloneDevice, _OwnTemplates):  # type: ignore[misc]
    def generate_makefile(self, writer: Any, *_: Any) -> None:
        """Write what the sources are; the compiler is called by us."""
        writer.write("makefile", f"SRCS = {' '.join(sorted(writer.source_files))}\n")


def generate(network: Network, folder: Path) -> list[Slot]:
    """Write the CUDA source of a network to `folder` and return the program's arguments.

    This needs neither a CUDA compiler nor a device.
    """
    all_devices.setdefault(_DEVICE, _Device())
    with _preferences():
        brian2.set_device(_DEVICE, build_on_run=False, directory=str(folder))
        device = brian2.get_device()
        try:
            assembly = assemble(network, connected=False)
            caller, clock = standalone.border_caller(network)
            for runner in caller.contained_objects:
                runner.template, runner.codeobj_class = "border", _CodeObject
            assembly.network.add(caller)
            # It is meant that the order of statements matters.
            with refusals(), solved_once(), catch_logs():
                assembly.network.run(0 * second, namespace={})
                for border, runner in zip(network.borders, assembly.borders, strict=True):
                    if border.where:
                        runner.template, runner.codeobj_class = "where", _CodeObject
                    runner.before_run({})
            first, *others = standalone.main_lines(assembly)
            for line in (first, "neurospine::check_alone();", *others):
                device.insert_code("main", line)
            # What Brian2CUDA writes and frees at the end is not wanted.
            end = (
                "const int status = neurospine::finish(); std::fflush(stdout); std::_Exit(status);"
            )
            device.insert_code("before_end", end)
            with catch_logs(), warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)  # files that it leaves open
                device.build(directory=str(folder), compile=False, run=False, with_output=False)
            tables = DeviceTables(network, assembly, device, _alone(assembly, folder))
            found = slots(network, assembly, clock, tables.name_of)
            (folder / "tables.cu").write_text(tables.source(found))
            (folder / "declarations.h").write_text(tables.declarations())
        finally:
            device.reinit()
            reset_device()
    for name in _SHARED:
        text = files(standalone.__package__).joinpath(name).read_text()
        (folder / name).write_text(text)
        if name == "clocks.h":
            (folder / "brianlib" / name).write_text(text)
    for name in _OWN:
        (folder / name).write_text(files(__package__).joinpath(name).read_text())
    (folder / "program.cu").write_text(_unit(folder))
    return found


def _alone(assembly: Assembly, folder: Path) -> dict[str, Any]:
    """Return the variables that say which cell a synapse sets, where it has to have it alone.

    Spikes are dealt with all at once. What adds to a variable of a cell is an atomic operation;
    what sets it needs one synapse for each cell, which the program makes sure of.
    """
    found = {}
    for name, synapses in assembly.synapses.items():
        for pathway in synapses._pathways:
            for code in pathway._code_objects:
                text = (folder / "code_objects" / f"{code.name}.cu").read_text()
                for array, index in _SET.findall(text):
                    if index != "_idx":
                        variable = array.removeprefix("_ptr_array_")
                        found[f"{name}: {pathway.name} sets {variable}"] = synapses.variables[index]
    return found


@contextmanager
def _preferences() -> Iterator[None]:
    """Give Brian2CUDA what it would otherwise ask the machine for."""
    wanted = {
        "devices.cuda_standalone.parallel_blocks": None,  # as many as the device has processors
        "devices.cuda_standalone.cuda_backend.detect_gpus": False,
        "devices.cuda_standalone.cuda_backend.gpu_id": 0,
        "devices.cuda_standalone.cuda_backend.compute_capability": 9.0,  # the compiler is told
        "devices.cuda_standalone.cuda_backend.detect_cuda": False,
        "devices.cuda_standalone.cuda_backend.cuda_runtime_version": 13.0,
    }
    before = {name: brian2.prefs[name] for name in wanted}
    for name, value in wanted.items():
        brian2.prefs[name] = value
    try:
        yield
    finally:
        for name, value in before.items():
            brian2.prefs[name] = value
        reset_gpu_selection()
        reset_cuda_installation()


def _unit(folder: Path) -> str:
    """Return the one translation unit of a generated project."""
    sources = standalone.sources_of(folder)
    objects = [source for source in sources if source.startswith("code_objects/")]
    # What is done before and after a run uses kernels of the object that it belongs to.
    objects.sort(
        key=lambda source: source.startswith(("code_objects/before", "code_objects/after"))
    )
    others = [s for s in sources if "/" not in s and s not in ("main.cu", "rand.cu")]
    lines = [f"#include <{header}>" for header in _HEADERS]
    lines += ['#include "brianlib/clocks.h"', '#include "objects.h"', '#include "run.h"']
    lines += ['#include "brianlib/common_math.h"', '#include "brianlib/stdint_compat.h"']
    lines += ['#include "brianlib/cuda_utils.h"', '#include "synapses_classes.h"']
    lines += ['#include "network.h"', '#include "rand.h"', '#include "runtime.h"']
    lines += ['#include "arrivals.h"', '#include "notes.h"', '#include "declarations.h"']
    lines += [f'#include "{source.removesuffix(".cu")}.h"' for source in objects]
    lines += [_enclosed(folder, source) for source in objects]
    lines += [f'#include "{source}"' for source in others]
    lines += ['#include "spreading.cpp"', '#include "spreading.cu"', '#include "runtime.cpp"']
    lines += ['#include "living.cu"', '#include "tables.cu"', '#include "driver.cpp"']
    return "\n".join((*lines, '#include "rand.cu"', '#include "main.cu"', ""))


def _enclosed(folder: Path, source: str) -> str:
    """Return the code of one object in a namespace of its own, and ways to call it.

    What is done before and after a run is in a namespace inside that of its object.
    """
    stem = Path(source).stem
    name = f"in_{re.sub('^(before|after)_run_', '', stem)}"
    lines = [f'namespace {name} {{ namespace {stem} {{\n#include "{source}"\n}}']
    lines.append(f"using namespace {stem}; }}")
    text = (folder / source).read_text()
    for function in re.findall(r"^void (_\w+)\(\)\s*$", text, re.MULTILINE):
        lines.append(f"void {function}() {{ {name}::{stem}::{function}(); }}")
    return "\n".join(lines)
