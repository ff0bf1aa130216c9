"""What stimulates a cell, below its potential: currents, or spikes of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from neurospine.analysis.neuron_drawing import colours, shown_window, words
from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import span
from neurospine.analysis.windows import cells_of, currents, quantity
from neurospine.description.neuron_pictures import Voltage
from neurospine.description.stimuli import Current
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.resume import recorded_model

_DARK = "0.25"


class Stimulus:
    """What stimulates a cell in a panel: currents into it, or else spikes that are forced.

    Currents into several compartments are drawn one by one, in the colours of these, or else
    there is one line for each condition.
    """

    def __init__(self, trajectory: Trajectory, plot: Voltage, conditions: Sequence[int]) -> None:
        first, _ = span(trajectory, plot.phase)
        start, stop = shown_window(trajectory, plot)
        self.window = (start - first, stop - first)
        self.trains: list[tuple[str, Array, Array]] = []
        found = currents(trajectory, plot.phase, plot.population)
        own = [c for c in found if not c.cells or plot.cell is None or plot.cell in c.cells]
        places = _places(trajectory, plot, own)
        self.compartments: list[str] = []
        if len(conditions) == 1 and len(places) > 1:
            self.compartments = list(places)
            groups = [(inside, conditions[0]) for inside in places.values()]
        else:
            groups = [(own, condition) for condition in conditions] if own else []
        self.currents = [_waveform(trajectory, plot, *group) for group in groups]
        if not own:
            self._find_spikes(trajectory, plot, conditions[0])
        self.drawn = bool(self.currents or self.trains)
        self.label = "Current\n(pA)" if own else ""

    def _find_spikes(self, trajectory: Trajectory, plot: Voltage, condition: int) -> None:
        copy = condition * Cells.of(trajectory).repeats + plot.repeat
        half = 0.5 * trajectory.info.step
        first, _ = span(trajectory, plot.phase)
        start, stop = (first + time for time in self.window)
        for name, table in trajectory.spikes.items():
            if name == plot.population:
                continue
            size = cells_of(trajectory, name)
            inside = table["cell"] // size == copy
            inside &= table["time"].between(start - half, stop - half)
            if inside.any():
                since = table["time"][inside].to_numpy() - first
                share = table["cell"][inside].to_numpy() % size / size
                self.trains.append((name, since * 1e3, share))

    def draw(self, axes: Any, of_places: Mapping[str, Any], *, named: bool) -> None:
        """Draw it; `of_places` are the colours of compartments, which are said if `named`."""
        own = colours(len(self.currents), ordered=True)
        for number, (time, value) in enumerate(self.currents):
            colour, dashes = next(own)
            label = None
            if self.compartments:
                place = self.compartments[number]
                colour, dashes = _colour_of(place, of_places), "-"
                label = f"into {words(place)}"
            elif len(self.currents) == 1:
                colour = _DARK
            axes.step(time, value, dashes, where="post", color=colour, linewidth=1.1, label=label)
        for row, (_, time, share) in enumerate(self.trains):
            low = row + 0.1 + 0.8 * share
            axes.vlines(time, low, low + 0.06, color=_DARK, linewidth=1.2)
        if self.trains:
            names = [words(name) for name, *_ in self.trains]
            axes.set_yticks(np.arange(len(names)) + 0.5, names)
            axes.tick_params(axis="y", length=0)
            axes.set_ylim(0, len(names))
        else:
            axes.margins(y=0.2)
            axes.yaxis.set_major_locator(MaxNLocator(3))
        if self.compartments and named:
            axes.legend(frameon=False, fontsize="x-small", handlelength=1.2, loc="upper right")
        axes.set_xlim(*(1e3 * np.array(self.window)))
        axes.spines[["top", "right"]].set_visible(False)


def _places(
    trajectory: Trajectory, plot: Voltage, own: Sequence[Current]
) -> dict[str, list[Current]]:
    """Return the currents by the compartment that they flow into, if there are compartments."""
    cell = recorded_model(trajectory.info).cells.get(plot.population) if own else None
    if cell is None:
        return {}
    places: dict[str, list[Current]] = {}
    for current in own:
        places.setdefault(current.compartment or cell.compartments[0], []).append(current)
    return places


def _colour_of(place: str, of_places: Mapping[str, Any]) -> Any:
    """Return the colour of a compartment, or of the first of its pieces that has one."""
    pieces = [name for name in of_places if name == place or name.startswith(f"{place}_")]
    return of_places[min(pieces, key=len)] if pieces else _DARK


def _waveform(
    trajectory: Trajectory, plot: Voltage, own: Sequence[Current], condition: int
) -> tuple[Array, Array]:
    """Return times (ms) at which the sum of currents changes, and what it is from then on (pA)."""
    first, _ = span(trajectory, plot.phase)
    _, stop = shown_window(trajectory, plot)
    changes = [(0.0, 0.0), (stop - first, 0.0)]
    for current in own:
        onset, offset = (
            quantity(trajectory, text, "second")[condition]
            for text in (current.start, current.stop)
        )
        amplitude = quantity(trajectory, current.amplitude, "pA")[condition]
        rate = quantity(trajectory, current.rate, "Hz")[condition] if current.rate else 1.0
        for pulse in range(current.count):
            later = pulse / rate
            changes += [(onset + later, amplitude), (offset + later, -amplitude)]
    time, change = np.array(sorted(changes)).T
    return time * 1e3, np.cumsum(change)
