"""Simulate dendritic spines: plasticity, structure and disorder, checked against experiments.

>>> from neurospine import compare, load_protocol, measure, simulate
>>> protocol = load_protocol("stdp_window")
>>> trajectory = simulate(None, protocol)                            # doctest: +SKIP
>>> scores = compare(trajectory, protocol, measure(trajectory, protocol))  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from neurospine import _report  # noqa: F401  (before anything else imports Brian2)
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
from neurospine.errors import NeurospineError
from neurospine.results.part import recover
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.simulate import resume, simulate
from neurospine.sweeps.comparison import Comparison, compare_runs
from neurospine.sweeps.sweep import Sweep, sweep

if TYPE_CHECKING:
    from neurospine.report_page.page import write_report

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


def __getattr__(name: str) -> Any:
    """Return what is imported at its first use."""
    if name == "write_report":
        from neurospine.report_page.page import write_report

        return write_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
