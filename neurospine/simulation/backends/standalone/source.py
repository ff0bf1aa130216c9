"""The C++ source of a program: what Brian2 generates, in one translation unit with ours.

Brian2 writes a file for each object, and most of the compile time goes into
reading the same headers for each of them. One unit that includes all files is
compiled three to five times faster. Each code object gets a namespace of its
own, because all of them define helpers of the same names, but for those that Brian2
writes into every one.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import brian2
from brian2 import Function, second
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import all_devices, reset_device
from brian2.utils.logger import catch_logs

from neurospine.simulation.assembly import Assembly, assemble, refusals
from neurospine.simulation.backends.standalone.arguments import BORDERS, Slot, slots
from neurospine.simulation.backends.standalone.later import later
from neurospine.simulation.backends.standalone.precision import single
from neurospine.simulation.backends.standalone.slots import without_spine
from neurospine.simulation.backends.standalone.tables import Tables
from neurospine.simulation.backends.standalone.visits import apart, kept_back
from neurospine.simulation.exact import solved_once
from neurospine.simulation.network import Network

_DEVICE = "neurospine_standalone"
#: Code objects with this in their name run once, before the first step.
_ONCE = "before_run"
#: These would make the one synapse that stands for all; the real ones come with the arguments.
_CREATE = "synapses_create_array"
#: The parts of a program that are the same for all networks.
_OWN = ("runtime.cpp", "checkpoint.cpp", "spreading.cpp", "living.cpp", "driver.cpp")
#: Those of them that go through all spines in a tick.
_BUSY = ("living.cpp", "spreading.cpp", "runtime.cpp")
#: What Brian2 writes that goes through all steps.
_LOOP = ("network.cpp",)
_OWN_HEADERS = ("clocks.h", "deferred.h", "pathways.h", "memory.h", "living.h", "runtime.h")
_FLAGS = "codegen.cpp.extra_compile_args"
#: Functions of Brian2 that our programs never call: values come and results leave by streams.
_UNUSED = ("set_variable_by_name", "_write_arrays")
_HEADERS = (
    "algorithm cassert chrono climits cmath csignal cstdint cstdio cstdlib cstring ctime fstream "
    "iostream iterator map random set stdint.h string tuple utility vector"
).split()


class _CodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Code made from our own template where `templates` has one of that name."""

    templater = CPPStandaloneCodeObject.templater.derive(
        __package__,
        env_globals={
            "apart": apart,
            "kept_back": kept_back,
            "later": later,
            "without_spine": without_spine,
            "single": single,
        },
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage, which is among all objects of Brian2 and SymPy."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_uncollected()
def generate(network: Network, folder: Path) -> list[Slot]:
    """Write the C++ source of a network to `folder` and return the program's arguments."""
    # A device of our own: the user may be building something with Brian2's.
    all_devices.setdefault(_DEVICE, CPPStandaloneDevice())
    brian2.set_device(_DEVICE, build_on_run=False, directory=str(folder))
    device = brian2.get_device()
    try:
        assembly = assemble(network, connected=False, deferring=True)
        for group in assembly.groups.values():
            for thresholder in getattr(group, "thresholder", {}).values():
                thresholder.codeobj_class = _CodeObject
            if isinstance(group, brian2.NeuronGroup):
                group.state_updater.codeobj_class = _CodeObject
        for described in network.synapses:
            for pathway in assembly.synapses[described.name]._pathways:
                pathway.codeobj_class = _CodeObject
                pathway.template_kwds["deferred_steps"] = described.deferred_steps
        caller, clock = border_caller(network)
        assembly.network.add(caller)
        # It is meant that the order of statements matters.
        with refusals(), solved_once(), catch_logs(), _helpers_once() as helpers:
            assembly.network.run(0 * second, namespace={})
            for border, runner in zip(network.borders, assembly.borders, strict=True):
                if border.kernel is None:
                    runner.codeobj_class = _CodeObject
                if border.where:
                    runner.template = "where"
                if border.absent:
                    runner.template = "slots"
                    runner.template_kwds = {"skipped": border.absent == "skipped"}
                runner.before_run({})
        for line in (*_deferring_lines(network, assembly), *main_lines(assembly)):
            device.insert_code("main", line)
        # All results have left by the streams; Brian2's own files are not wanted.
        device.insert_code("before_end", "return neurospine::finish();")
        with _no_flags():
            device.build(directory=str(folder), compile=False, run=False, with_output=False)
        tables = Tables(network, assembly, device)
        found = slots(network, assembly, clock, tables.name_of)
        text = tables.source(found)
    finally:
        device.reinit()
        reset_device()
    (folder / "tables.cpp").write_text(text)
    objects = folder / "objects.cpp"
    objects.write_text(without_unused(objects.read_text()))
    for name in (*_OWN_HEADERS, *_OWN):
        (folder / name).write_text(files(__package__).joinpath(name).read_text())
    (folder / "program.cpp").write_text(_unit(folder, helpers))
    return found


@contextmanager
def _helpers_once() -> Iterator[str]:
    """Leave out of code objects the helpers that Brian2 writes into each, and return them."""
    helpers = CPPCodeGenerator.universal_support_code
    CPPCodeGenerator.universal_support_code = ""
    try:
        yield f"namespace {{\n{helpers}\n}}"
    finally:
        CPPCodeGenerator.universal_support_code = helpers


@contextmanager
def _no_flags() -> Iterator[None]:
    """Keep Brian2 from trying its flags by calls of the compiler: its makefile is not used."""
    kept = brian2.prefs[_FLAGS]
    brian2.prefs[_FLAGS] = []
    try:
        yield
    finally:
        brian2.prefs[_FLAGS] = kept


def without_unused(objects: str) -> str:
    """Return Brian2's ``objects.cpp`` with the functions emptied that nothing calls.

    They are four fifths of its text, which the compiler would read and optimise.

    Raises
    ------
    AssertionError
        If Brian2 writes them in another way.
    """
    for name in _UNUSED:
        objects, count = re.subn(
            rf"(^void {name}\([^)]*\)\s*\{{\n).*?(^\}})",
            r"\1\2",
            objects,
            flags=re.MULTILINE | re.DOTALL,
        )
        assert count == 1, f"Brian2 wrote {name} {count} times"
    return objects


def main_lines(assembly: Assembly) -> list[str]:
    """Return what a program does when the generated code has set up its objects.

    The arrays have their real sizes only now: they are filled, then the pathways sort their
    synapses again, and the stretches that the arguments give are gone through.
    """
    pathways = [p.name for s in assembly.synapses.values() for p in s._pathways]
    lines = [
        "neurospine::load(brian::results_dir);",
        "Clock::shortest = _array_defaultclock_dt[0];",
    ]
    lines += [f"_before_run_{pathway}_push_spikes();" for pathway in pathways]
    return [*lines, "neurospine::go(network);"]


def _deferring_lines(network: Network, assembly: Assembly) -> Iterator[str]:
    """Yield what says which code does what postsynaptic spikes do later, and what they wait for."""
    for described in network.synapses:
        if described.deferred:
            synapses = assembly.synapses[described.name]
            pathway = f"brian::{synapses.post.name}"
            yield f"{pathway}.axons = &brian::{synapses.pre.name};"
            yield f"{pathway}.apply = _run_{synapses.post.codeobj.name};"


def border_caller(network: Network) -> tuple[Any, Any]:
    """Return a group of one element that calls what is due at borders, and its clock."""
    function = Function(
        lambda tick: 0.0, arg_units=[1], return_unit=1, arg_types=["integer"], return_type="float"
    )
    call = "static inline double call_border(int64_t) { return ::neurospine::at_border("
    call += "brian::_array_defaultclock_timestep[0]); }"
    for target in ("cpp", "cuda"):  # the CUDA backend has a template that does it
        function.implementations.add_implementation(target, call, name="call_border")
    group = brian2.NeuronGroup(1, "called : 1", namespace={"call_border": function}, name=BORDERS)
    runner = group.run_regularly(
        "called = call_border(t_in_timesteps)",
        dt=2 * network.step * second,  # the real interval comes with the arguments
        when="start",
        order=10,
        name=f"{BORDERS}_call",
    )
    return group, runner.clock


def sources_of(folder: Path) -> list[str]:
    """Return the source files of a generated project."""
    found = re.search(r"^SRCS = (.*)$", (folder / "makefile").read_text(), re.MULTILINE)
    assert found, "Brian2 wrote a makefile without sources"
    return sorted(found.group(1).split())


def _unit(folder: Path, helpers: str) -> str:
    """Return the one translation unit of a project, with the helpers of all code objects."""
    sources = sources_of(folder)
    objects = [source for source in sources if source.startswith("code_objects/")]
    creating = [source for source in objects if _CREATE in source]
    once = [source for source in objects if _ONCE in source]
    others = [source for source in sources if "/" not in source]
    lines = [f"#include <{header}>" for header in _HEADERS]
    lines += ["using namespace std;", '#include "clocks.h"', '#include "pathways.h"']
    lines += ['#include "objects.h"', '#include "run.h"', '#include "brianlib/common_math.h"']
    lines += ['#include "brianlib/stdint_compat.h"']
    lines += ['#include "network.h"', '#include "runtime.h"']
    lines += [f'#include "{source.removesuffix(".cpp")}.h"' for source in objects] + [helpers]
    busy = (source for source in objects if source not in (*creating, *once))
    lines += [_enclosed(folder, source) for source in busy]
    lines += [f'#include "{source}"' for source in _BUSY]
    # What runs once or seldom is not worth the time that optimising it takes.
    lines += ["#pragma GCC push_options", "#pragma GCC optimize (0)"]
    lines += [f"void _run_{Path(source).stem}() {{}}" for source in creating]
    lines += [_enclosed(folder, source) for source in once]
    seldom = (source for source in (*others, "tables.cpp") if source not in _LOOP)
    lines += [f'#include "{source}"' for source in seldom]
    lines += ["#pragma GCC pop_options", "#pragma GCC optimize (1)"]
    lines += [f'#include "{source}"' for source in (*_LOOP, *_OWN) if source not in _BUSY]
    return "\n".join((*lines, ""))


def _enclosed(folder: Path, source: str) -> str:
    """Return the code of one object in a namespace of its own, and ways to call it."""
    name = f"in_{Path(source).stem}"
    lines = [f'namespace {name} {{\n#include "{source}"\n}}']
    text = (folder / source).read_text()
    for function in re.findall(r"^void (_\w+)\(\)\s*$", text, re.MULTILINE):
        lines.append(f"void {function}() {{ {name}::{function}(); }}")
    return "\n".join(lines)
