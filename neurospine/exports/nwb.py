"""A result as an NWB file (Neurodata Without Borders 2), through pynwb."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from neurospine.analysis.citations import citations
from neurospine.errors import ResultError
from neurospine.exports.opened import Progress, Result, opened
from neurospine.results.tables import written_aside
from neurospine.results.trajectory import check_output

if TYPE_CHECKING:  # pynwb need not be there
    from pynwb import NWBFile

    from neurospine.exports.nwb_series import Filling

#: "unidentified" among the taxa of NCBI: what is simulated is no animal of a species.
NO_SPECIES = "http://purl.obolibrary.org/obo/NCBITaxon_32644"
_PACKAGES = ("neurospine", "brian2", "numpy", "sympy", "h5py", "python")


def export_nwb(
    path: str | Path,
    output: str | Path | None = None,
    *,
    experimenter: str | None = None,
    institution: str | None = None,
    species: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a result as an NWB file, streamed: memory does not grow with the file.

    Parameters
    ----------
    path
        A file that `run` or `simulate` wrote.
    output
        The file to write, by default the name of `path` with ``.nwb``.
    experimenter, institution
        Who ran it and where, as in ``"Family, Given"``; left out where not given.
    species
        The species that the model stands for, as in ``"Mus musculus"``; by default the file
        says that there is none.
    force
        Replace a file that is there.
    progress
        Called now and then with the share that is done.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ResultError
        If pynwb is not installed, the file is no result of a run, or the output cannot be
        written; then no file is left.
    """
    try:
        import pynwb
    except ImportError:
        raise ResultError(
            "NWB files need pynwb, which is not installed: pip install 'neurospine[nwb]'"
        ) from None
    from neurospine.exports.nwb_series import Filling

    with opened(path) as result:
        target = Path(output) if output is not None else result.path.with_suffix(".nwb")
        check_output(target, force=force)
        if target.suffix != ".nwb":
            raise ResultError(f"{target}: must end in .nwb, as readers go by the name")
        filling = Filling()
        content = _content(result, experimenter, institution, species, filling)
        done = 0

        def moved(size: int) -> None:
            nonlocal done
            done += size
            if progress:
                progress(min(done / max(filling.size, 1), 1.0))

        with written_aside(target) as aside, pynwb.NWBHDF5IO(aside, "w") as io:
            io.write(content, link_data=False)
            filling.fill(moved)
    if progress:
        progress(1.0)
    return target


def _content(
    result: Result,
    experimenter: str | None,
    institution: str | None,
    species: str | None,
    filling: Filling,
) -> NWBFile:
    """Return the NWB file in memory, in which large numbers are yet to be filled in."""
    from pynwb import NWBFile as File
    from pynwb.epoch import TimeIntervals
    from pynwb.file import Subject

    from neurospine.exports import nwb_tables as tables
    from neurospine.exports.nwb_stimuli import stimuli
    from neurospine.exports.nwb_units import units

    about = result.info.attributes
    protocol, model = str(about["protocol"]), str(about["model"])
    made = File(
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
    own = tables.phases(result)
    if isinstance(own, TimeIntervals):
        made.epochs = own
    spikes = units(result, filling)
    if spikes is not None:
        made.units = spikes
    for stimulus in stimuli(result, filling):
        made.add_stimulus(stimulus)
    modules = {
        "spines": (
            "Spines over time, their places and contacts.",
            [
                *(
                    s
                    for name in result.info.spines
                    for s in tables.spine_series(result, name, filling)
                ),
                *tables.spine_tables(result, filling),
            ],
        ),
        "run": (
            "Numbers, conditions and, of a run over more than a year, phases.",
            [*tables.run_tables(result), *([] if isinstance(own, TimeIntervals) else [own])],
        ),
    }
    pools = result.circuit.get("neuromodulators", {})
    for kind, text in (
        ("neurons", "Recorded variables of neurons."),
        ("neuromodulators", "Neuromodulators over time."),
    ):
        names = [n for n in result.info.traces if (n in pools) == (kind == "neuromodulators")]
        found = [s for n in names for s in tables.trace_series(result, n, filling)]
        modules[kind] = (text, found)
    for name, (text, content) in modules.items():
        if content:
            made.create_processing_module(name, text).add(content)
    for scratch in tables.texts(result):
        made.add_scratch(scratch)
    return made


def _summary(result: Result) -> str:
    from neurospine.simulation.resume import recorded_protocol

    info = result.info
    axes = [f"{name}: {axis.meaning}" for name, axis in info.axes.items()]
    conditions = f" Conditions: {'; '.join(axes)}." if axes else ""
    return (
        f"{recorded_protocol(info).summary} {len(info.phases)} phases, {result.repeats} repeats of "
        f"each of {max(1, len(info.conditions))} conditions.{conditions}"
    ).strip()


def _identifier(result: Result) -> str:
    """Return what is the same for the same run only: what it was, and all its numbers."""
    info = result.info
    facts = {name: str(value) for name, value in info.attributes.items()}
    numbers = info.parameters[["name", "value"]].to_csv(index=False)
    text = json.dumps([facts, numbers, list(info.phases["stop"])], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
