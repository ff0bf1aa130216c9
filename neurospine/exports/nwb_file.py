"""A result as the tree of an NWB file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

from pynwb import NWBFile
from pynwb.core import NWBContainer
from pynwb.epoch import TimeIntervals
from pynwb.file import Subject

from neurospine.analysis.citations import citations
from neurospine.exports import nwb_tables as tables
from neurospine.exports.nwb_series import Filling
from neurospine.exports.nwb_stimuli import spike_series, stimuli
from neurospine.exports.nwb_units import units
from neurospine.exports.opened import Result
from neurospine.simulation.resume import recorded_protocol

#: "unidentified" among the taxa of NCBI: what is simulated is no animal of a species.
NO_SPECIES = "http://purl.obolibrary.org/obo/NCBITaxon_32644"
_PACKAGES = ("neurospine", "brian2", "numpy", "sympy", "h5py", "python")
_MODULES = {
    "spines": "Spines over time, their places and contacts.",
    "neurons": "Recorded variables of neurons.",
    "neuromodulators": "Neuromodulators over time.",
    "run": "Numbers and conditions, and phases of a run over more than a year.",
}


def nwb_file(
    result: Result,
    filling: Filling,
    *,
    experimenter: str | None,
    institution: str | None,
    species: str | None,
) -> NWBFile:
    """Return the NWB file of a result, in which large numbers are yet to be filled in."""
    about = result.info.attributes
    protocol, model = str(about["protocol"]), str(about["model"])
    made = NWBFile(
        session_description=f"Simulation of the protocol {protocol} with the model {model}, seed "
        f"{about['seed']}. The start of the session is when the result file was written.",
        identifier=_identifier(result),
        session_start_time=datetime.fromtimestamp(result.path.stat().st_mtime, UTC),
        session_id=result.path.stem,
        experiment_description=_summary(result),
        keywords=["simulation", "dendritic spines", protocol, model],
        related_publications=tuple(
            f"doi:{reference.doi}" for reference in citations([result.path]) if reference.doi
        ),
        was_generated_by=[[name, str(about[name])] for name in _PACKAGES if name in about],
        protocol=result.info.files[f"protocols/{protocol}"],
        notes="; ".join(f"{name}: {value}" for name, value in about.items() if value != ""),
        experimenter=experimenter,
        institution=institution,
        subject=Subject(
            subject_id=model,
            description="Simulated cells of a model; no animal.",
            species=species or NO_SPECIES,
            sex="U",
            age="P0D/",
        ),
    )
    phases = tables.phases(result)
    if isinstance(phases, TimeIntervals):
        made.epochs = phases
    made.units = units(result, filling)
    for stimulus in stimuli(result, filling):
        made.add_stimulus(stimulus)
    content: dict[str, list[NWBContainer]] = {name: [] for name in _MODULES}
    for name, item in _processed(result, filling):
        content[name].append(item)
    if made.units is None:
        names = [n for n in result.file.get("spikes", {}) if not result.forced(n)]
        content["neurons"] += [s for n in names for s in spike_series(result, n, filling)]
    if not isinstance(phases, TimeIntervals):
        content["run"].append(phases)
    for name, text in _MODULES.items():
        if content[name]:
            made.create_processing_module(name, text).add(content[name])
    for text in tables.texts(result):
        made.add_scratch(text)
    return made


def _processed(result: Result, filling: Filling) -> Iterator[tuple[str, NWBContainer]]:
    """Yield tables and series with the module that they belong to."""
    for name in result.info.spines:
        for item in tables.spine_series(result, name, filling):
            yield "spines", item
    for item in tables.spine_tables(result, filling):
        yield "spines", item
    pools = result.circuit.get("neuromodulators", {})
    for name in result.info.traces:
        for item in tables.trace_series(result, name, filling):
            yield "neuromodulators" if name in pools else "neurons", item
    for item in tables.run_tables(result):
        yield "run", item


def _summary(result: Result) -> str:
    info = result.info
    axes = [f"{name}: {axis.meaning}" for name, axis in info.axes.items()]
    conditions = f" Conditions: {'; '.join(axes)}." if axes else ""
    return (
        f"{recorded_protocol(info).summary} Phases: {len(info.phases)}; conditions: "
        f"{max(1, len(info.conditions))}; repeats of each: {result.repeats}.{conditions}"
    ).strip()


def _identifier(result: Result) -> str:
    """Return what is the same for the same run only: what it was, and all its numbers."""
    info = result.info
    facts = {name: str(value) for name, value in info.attributes.items()}
    numbers = info.parameters[["name", "value"]].to_csv(index=False)
    text = json.dumps([facts, numbers, list(info.phases["stop"])], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
