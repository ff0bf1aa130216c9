"""A rule, structure and readout written out as Brian2 text, in one form of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neurospine.description.expressions import Equation
from neurospine.simulation.network import Absent

FormName = Literal["textbook", "neuron_traces", "folded", "static"]


@dataclass(frozen=True)
class CellBlock:
    """What a rule keeps on the cells of one side.

    `step` is done in every step before its spikes: what follows the potential there, whose
    names `potentials` gives; `delays` are names of variables, of those that they repeat, and
    of the parameter that says how much later.
    """

    equations: tuple[Equation, ...]
    on_spike: str
    settle: str = ""
    step: str = ""
    potentials: tuple[str, ...] = ()
    delays: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Form:
    """A rule, structure and readout written out as Brian2 text.

    `settle` is the statement that turns the stored state into the true one; it is
    empty where what is stored always is. `rest` does the same in ticks of the slow clock
    while neurons stand still. `on_late` is done some time after an arrival (the delay of
    the rule), `step` at every spine in every step. What settling would do to slots without a spine
    may be `absent`. `streams` are names of random numbers,
    and `locals` what spines read of variables of the cell that it has for each place.
    """

    name: FormName
    presynaptic: CellBlock
    postsynaptic: CellBlock
    equations: tuple[Equation, ...]
    on_pre: str
    on_post: str
    settle: str = ""
    settle_steps: int = 0
    rest: str = ""
    on_late: str = ""
    step: str = ""
    absent: Absent = ""
    streams: tuple[str, ...] = ()
    locals: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def join(*blocks: str) -> str:
    """Return the lines of blocks of statements, empty ones left out."""
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return "\n".join(line for line in lines if line)
