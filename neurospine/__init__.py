"""Simulate dendritic spines: plasticity, structure and disorder, checked against experiments.

>>> from neurospine import compare, load_protocol, measure, simulate
>>> protocol = load_protocol("stdp_window")
>>> trajectory = simulate(None, protocol)                            # doctest: +SKIP
>>> scores = compare(trajectory, protocol, measure(trajectory, protocol))  # doctest: +SKIP
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from neurospine import _report  # noqa: F401  (before anything imports Brian2)
from neurospine.errors import NeurospineError

if TYPE_CHECKING:
    from neurospine.analysis.library_scores import Validation, validate
    from neurospine.analysis.measures import measure
    from neurospine.analysis.plots import picture, write_picture
    from neurospine.analysis.validation import Score, compare
    from neurospine.description.dendrify import from_dendrify
    from neurospine.description.disorder import Disorder
    from neurospine.description.disordered import load_disorder
    from neurospine.description.model import Model, load_model
    from neurospine.description.phases import Phase
    from neurospine.description.protocol import Protocol, load_protocol
    from neurospine.exports.nwb import export_nwb
    from neurospine.exports.sonata import export_sonata
    from neurospine.report_page.page import write_report
    from neurospine.results.part import recover
    from neurospine.results.trajectory import Trajectory
    from neurospine.simulation.simulate import resume, simulate
    from neurospine.sweeps.comparison import Comparison, compare_runs
    from neurospine.sweeps.sweep import Sweep, sweep

logging.getLogger(__name__).addHandler(logging.NullHandler())

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Disorder",
    "Model",
    "NeurospineError",
    "Phase",
    "Protocol",
    "Score",
    "Sweep",
    "Trajectory",
    "Validation",
    "compare",
    "compare_runs",
    "export_nwb",
    "export_sonata",
    "from_dendrify",
    "load_disorder",
    "load_model",
    "load_protocol",
    "measure",
    "picture",
    "recover",
    "resume",
    "simulate",
    "sweep",
    "validate",
    "write_picture",
    "write_report",
]

#: The module of each name, which is loaded when the name is first asked for: commands that need
#: no Brian2 start sooner.
_HOMES = {
    "Comparison": "sweeps.comparison",
    "Disorder": "description.disorder",
    "Model": "description.model",
    "Phase": "description.phases",
    "Protocol": "description.protocol",
    "Score": "analysis.validation",
    "Sweep": "sweeps.sweep",
    "Trajectory": "results.trajectory",
    "Validation": "analysis.library_scores",
    "compare": "analysis.validation",
    "compare_runs": "sweeps.comparison",
    "export_nwb": "exports.nwb",
    "export_sonata": "exports.sonata",
    "from_dendrify": "description.dendrify",
    "load_disorder": "description.disordered",
    "load_model": "description.model",
    "load_protocol": "description.protocol",
    "measure": "analysis.measures",
    "picture": "analysis.plots",
    "recover": "results.part",
    "resume": "simulation.simulate",
    "simulate": "simulation.simulate",
    "sweep": "sweeps.sweep",
    "validate": "analysis.library_scores",
    "write_picture": "analysis.plots",
    "write_report": "report_page.page",
}


if not TYPE_CHECKING:  # else every name would seem to be there

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
