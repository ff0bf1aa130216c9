"""The tables of a CUDA program, whose arrays are in the memory of the device."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from brian2.codegen.generators.cpp_generator import c_data_type
from brian2.core.clocks import Clock

from neurospine.results.segments import spike_stream, trace_stream
from neurospine.simulation.assembly import Assembly
from neurospine.simulation.backends.standalone.tables import Tables
from neurospine.simulation.network import Network, Synapses
from neurospine.simulation.spreading import Spreading


class DeviceTables(Tables):
    """What `Tables` is for C++, for CUDA."""

    template = files(__package__).joinpath("templates/tables.cu")

    def __init__(
        self, network: Network, assembly: Assembly, device: Any, alone: Mapping[str, Any]
    ) -> None:
        """Note, besides what `Tables` does, which variables hold no number twice."""
        super().__init__(network, assembly, device)
        self.alone = alone

    def content(self) -> dict[str, Any]:
        """Return what the template is given."""
        alone = {words: self.name_of(variable) for words, variable in self.alone.items()}
        return {**super().content(), "alone": alone}

    def name_of(self, variable: Any) -> str:
        """Return how the program names the array of a variable, which clocks have on the host."""
        place = "" if isinstance(variable.owner, Clock) else "dev"
        return f"brian::{place}{self.device.get_array_name(variable, access_data=False)}"

    def synapses(self, name: str) -> dict[str, Any]:
        """Return what is resized with a set of synapses."""
        number = self.assembly.synapses[name].variables["N"]
        host = f"brian::{self.device.get_array_name(number, access_data=False)}"
        return {**super().synapses(name), "host_number": host}

    def spikes(self) -> list[dict[str, Any]]:
        """Return the monitors of spikes."""
        return [
            {"name": monitor.name, "stream": spike_stream(population)}
            for population, monitor in self.assembly.monitors.items()
        ]

    def traces(self) -> list[dict[str, Any]]:
        """Return the monitors of variables."""
        found = []
        for trace in self.network.traces:
            monitor = self.assembly.traces[trace.group]
            kinds = [c_data_type(monitor.source.variables[v].dtype) for v in trace.variables]
            variables = list(zip(trace.variables, kinds, strict=True))
            stream, cells = trace_stream(trace.group), trace.cells.size
            found.append(
                {"name": monitor.name, "stream": stream, "variables": variables, "cells": cells}
            )
        return found

    def kernel(self, runner: Spreading) -> str:
        """Return what does the work of a kernel."""
        names = {role: self.name_of(variable) for role, variable in runner.variables().items()}
        if runner.kernel.kind == "spread":
            count = runner.variables()["variable"].size
            numbers = f"{count}, {runner.kernel.share!r}, {names['interval']}"
            call = f"spread_on_device({names['variable']}, {names['coupling']}, {numbers})"
            return f"[]() {{ {call}; }}"
        words = (names["variable"], names["index"], names["target"])
        return f"[]() {{ {runner.kernel.kind}({', '.join(words)}); }}"

    def living(
        self, synapses: Synapses, contacts: list[str], summaries: dict[str, int]
    ) -> dict[str, Any]:
        """Return what there is of spines that are born and die."""
        names = [pathway.name for pathway in self.assembly.synapses[synapses.name]._pathways]
        return {**super().living(synapses, contacts, summaries), "pathways": names}

    def pathways(self) -> list[str]:
        """Return nothing: spikes on their way are in rings that need no word."""
        return []

    def state(self) -> list[tuple[str, str]]:
        """Return nothing: these programs keep no checkpoints."""
        return []

    def declarations(self) -> str:
        """Return the objects that generated code uses."""
        lines = []
        for owner in self.assembly.synapses.values():
            lines += [f"static Arrivals arrivals_{p.name};" for p in owner._pathways]
        lines += [f"static SpikeNotes notes_{monitor['name']};" for monitor in self.spikes()]
        for monitor in self.traces():
            lines.append(f"static std::vector<double> times_{monitor['name']};")
            lines += [
                f"static TraceRows<{kind}> rows_{monitor['name']}_{variable};"
                for variable, kind in monitor["variables"]
            ]
        return "\n".join(("#pragma once", "namespace neurospine {", *lines, "}", ""))
