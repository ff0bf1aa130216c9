"""C++ that says where arguments go, what streams and state are made of, and what borders do."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import StrictUndefined, Template

from neurospine.results.segments import (
    contact_stream,
    spike_stream,
    spine_stream,
    summary_stream,
    trace_stream,
)
from neurospine.simulation.assembly import Assembly
from neurospine.simulation.backends.standalone.arguments import Slot
from neurospine.simulation.network import Network, Synapses
from neurospine.simulation.spreading import Spreading

_TYPES = {"<f8": "double", "<f4": "float", "i1": "std::int8_t"}


class Tables:
    """The tables of a generated program.

    Parameters
    ----------
    network, assembly
        What the program was generated from.
    device
        The Brian2 device that generated it; it knows the names of its arrays.
    """

    template = files(__package__).joinpath("templates/tables.cpp")

    def __init__(self, network: Network, assembly: Assembly, device: Any) -> None:
        self.network, self.assembly, self.device = network, assembly, device

    def source(self, slots: list[Slot]) -> str:
        """Return the text of the tables, with the program's arguments."""
        made = Template(self.template.read_text(), trim_blocks=True, undefined=StrictUndefined)
        return str(made.render(self.content(), slots=slots))

    def content(self) -> dict[str, Any]:
        """Return what the template is given."""
        recordings, contacts, summaries = [], [], {}
        for recording in self.network.recordings:
            owner = self.assembly.synapses[recording.synapses]
            arrays = self.arrays(owner, *recording.variables)
            types = [_TYPES[kind] for kind in recording.types]
            stream = spine_stream(recording.synapses)
            recordings.append({"stream": stream, "arrays": list(zip(arrays, types, strict=True))})
            if recording.contacts:
                contacts.append(contact_stream(recording.synapses))
            if recording.stages:
                summaries[summary_stream(recording.synapses)] = recording.stages
        spikes, traces = self.spikes(), self.traces()
        own = [item["stream"] for item in (*recordings, *spikes, *traces)]
        return {
            "synapses": [self.synapses(name) for name in self.assembly.synapses],
            "recordings": recordings,
            "spikes": spikes,
            "traces": traces,
            "streams": [*own, *contacts, *summaries],
            "borders": self.borders(),
            "slow_numbers": self.slow_numbers(),
            "living": [
                self.living(s, contacts, summaries) for s in self.network.synapses if s.lives
            ],
            "pathways": self.pathways(),
            "deferring": self.deferring(),
            "state": self.state(),
        }

    def name_of(self, variable: Any) -> str:
        """Return how the program names the array of a variable."""
        return f"brian::{self.device.get_array_name(variable, access_data=False)}"

    def arrays(self, owner: Any, *names: str) -> list[str]:
        """Return the names of arrays of an owner."""
        return [self.name_of(owner.variables[name]) for name in names]

    def synapses(self, name: str) -> dict[str, Any]:
        """Return what is resized with a set of synapses."""
        owner = self.assembly.synapses[name]
        resized = sorted(map(self.name_of, owner._registered_variables))
        return {"name": name, "arrays": resized, "number": self.arrays(owner, "N")[0]}

    def spikes(self) -> list[dict[str, Any]]:
        """Return the monitors of spikes."""
        keys = ("times", "cells", "number")
        return [
            dict(zip(keys, self.arrays(monitor, "t", "i", "N"), strict=True))
            | {"stream": spike_stream(population)}
            for population, monitor in self.assembly.monitors.items()
        ]

    def traces(self) -> list[dict[str, Any]]:
        """Return the monitors of variables."""
        found = []
        for trace in self.network.traces:
            monitor = self.assembly.traces[trace.group]
            times, number = self.arrays(monitor, "t", "N")
            arrays = self.arrays(monitor, *trace.variables)
            stream, cells = trace_stream(trace.group), trace.cells.size
            found.append(
                {
                    "times": times,
                    "number": number,
                    "arrays": arrays,
                    "stream": stream,
                    "cells": cells,
                }
            )
        return found

    def borders(self) -> list[dict[str, str]]:
        """Return role and function of what is done at borders."""
        found = []
        for border, runner in zip(self.network.borders, self.assembly.borders, strict=True):
            run = self.kernel(runner) if border.kernel else f"_run_{runner._code_objects[0].name}"
            found.append({"role": border.role.upper(), "run": run})
        return found

    def kernel(self, runner: Spreading) -> str:
        """Return what does the work of a kernel."""
        names = {role: self.name_of(variable) for role, variable in runner.variables().items()}
        if runner.kernel.kind == "spread":
            count = runner.variables()["variable"].size
            arguments = [names["variable"], names["coupling"], str(count)]
            arguments.append(f"{runner.kernel.share!r}*{names['interval']}[0]")
        else:
            arguments = [names["variable"], names["index"], names["target"]]
        return f"[]() {{ {runner.kernel.kind}({', '.join(arguments)}); }}"

    def slow_numbers(self) -> list[list[str]]:
        """Return the places of the numbers that tell statements the time."""
        found = []
        names = ("slow_tick", "interval", "slow_time", "sample_length")
        for described in self.network.owners:
            if "interval" in described.values:
                owner, known = self.assembly.owner(described.name), described.values
                found.append([self.arrays(owner, n)[0] if n in known else "nullptr" for n in names])
        return found

    def living(
        self, synapses: Synapses, contacts: list[str], summaries: dict[str, int]
    ) -> dict[str, Any]:
        """Return what there is of spines that are born and die."""
        owner = self.assembly.synapses[synapses.name]
        names = ("stage", "turned", "_synaptic_pre", "volume")
        stage, turned, pre, volume = self.arrays(owner, *names)
        candidate = "nullptr"
        if "candidate" in synapses.values:
            candidate = f"&{self.arrays(owner, 'candidate')[0]}"
        stream, summary = contact_stream(synapses.name), summary_stream(synapses.name)
        return {
            "name": synapses.name,
            "volume": volume,
            "summary": summary if summary in summaries else "",
            "stages": summaries.get(summary, 0),
            "stage": stage,
            "turned": turned,
            "pre": pre,
            "candidate": candidate,
            "pathways": [f"brian::{pathway.name}" for pathway in owner._pathways],
            "contacts": stream if stream in contacts else "",
        }

    def pathways(self) -> list[str]:
        """Return the pathways of spikes."""
        owners = self.assembly.synapses.values()
        return [f"brian::{pathway.name}" for owner in owners for pathway in owner._pathways]

    def deferring(self) -> list[str]:
        """Return the pathways whose spikes wait."""
        described = (s for s in self.network.synapses if s.deferred)
        return [f"brian::{self.assembly.synapses[s.name].post.name}" for s in described]

    def state(self) -> list[tuple[str, str]]:
        """Return size in bytes and place of everything that changes in a run."""
        rewired = {
            id(self.assembly.synapses[s.name].variables["_synaptic_pre"])
            for s in self.network.synapses
            if "candidate" in s.values
        }
        found = []
        for variable in self.device.arrays:
            constant = variable.constant and id(variable) not in rewired
            if constant or variable in self.device.dynamic_arrays_2d:  # those of monitors are empty
                continue
            name, width = self.name_of(variable), np.dtype(variable.dtype).itemsize
            if variable in self.device.dynamic_arrays:
                found.append((f"{name}.size()*{width}", f"{name}.data()"))
            else:
                found.append((f"{variable.size}*{width}", name))
        return sorted(found)
