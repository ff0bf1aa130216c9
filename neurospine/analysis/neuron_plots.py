"""Pictures of neurons: recorded variables over time, with what stimulates them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from neurospine.analysis.drawing import series_of, with_unit
from neurospine.analysis.neuron_drawing import (
    colours,
    head,
    shown_conditions,
    shown_window,
    thinned,
    words,
)
from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import span
from neurospine.analysis.windows import cells_of, currents, quantity
from neurospine.description.neuron_pictures import Voltage
from neurospine.description.protocol import Protocol
from neurospine.description.stimuli import Current
from neurospine.description.units import convert, dimensions
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Panels side by side at most.
_ACROSS = 4


def draw_voltage(figure: Any, trajectory: Trajectory, protocol: Protocol, plot: Voltage) -> None:
    """Draw recorded variables of a cell over time, and the currents into it or its inputs."""
    table = trajectory.info.conditions
    conditions = shown_conditions(trajectory, plot)
    panels = [("", conditions)]
    if plot.panels is not None:
        panels = [
            (label, conditions[(table[plot.panels] == value).to_numpy()[conditions]])
            for label, value in _values(trajectory, protocol, plot.panels)
        ]
        panels = [(label, inside) for label, inside in panels if inside.size]
    across = min(len(panels), _ACROSS)
    down = -(-len(panels) // across)
    figure.set_size_inches(max(6.4, 3.2 * across), 1.2 + 2.9 * down)
    drawn = [_drawn(trajectory, protocol, plot, inside) for _, inside in panels]
    stimuli = [_Stimulus(trajectory, plot, [n for _, n in some]) for some in drawn]
    below = any(stimulus.drawn for stimulus in stimuli)
    grid = figure.subplots(
        down * (1 + below), across, squeeze=False, sharex=True,
        height_ratios=[3.4, 1] * down if below else [1] * down,
    )  # fmt: skip
    for number, (label, _) in enumerate(panels):
        row, column = divmod(number, across)
        axes = grid[row * (1 + below), column]
        lines = _lines(trajectory, plot, drawn[number])
        own = colours(len(lines), ordered=plot.series is not None)
        for (colour, dashes), (name, time, values) in zip(own, lines, strict=False):
            axes.plot(time, values, dashes, color=colour, linewidth=1.1, label=name)
        if len(drawn[number]) == 1:  # a reset leaves no spike in the potential: mark them above
            spikes = _spikes(trajectory, plot, drawn[number][0][1])
            axes.vlines(spikes, 0.95, 1.0, transform=axes.get_xaxis_transform(), color="0.25")
        axes.margins(x=0)
        axes.set_title(label, loc="left", fontsize="medium")
        axes.spines[["top", "right"]].set_visible(False)
        if len(lines) > 1 and number == 0:
            if len(panels) == 1 and len(lines) > 3:
                axes.legend(frameon=False, fontsize="small", loc="center left",
                            bbox_to_anchor=(1.0, 0.5), reverse=plot.series is not None)  # fmt: skip
            else:
                axes.legend(frameon=False, fontsize="small")
        bottom = axes
        if below:
            bottom = grid[row * 2 + 1, column]
            stimuli[number].draw(bottom)
            axes.tick_params(labelbottom=False)
        if number + across >= len(panels):  # the lowest of its column
            bottom.set_xlabel("Time (ms)")
            bottom.tick_params(labelbottom=True)
        if column == 0:
            axes.set_ylabel(_label(trajectory, plot))
            if below:
                bottom.set_ylabel(stimuli[number].label)
    for number in range(len(panels), down * across):
        row, column = divmod(number, across)
        for part in range(1 + below):
            grid[row * (1 + below) + part, column].set_visible(False)
    for rows in (grid[:: 1 + below], grid[1 :: 1 + below] if below else grid[:0]):
        _share_height(rows)
    figure.align_ylabels()
    head(figure, plot)


def _share_height(rows: Any) -> None:
    """Give axes the same ends of the y axis, with numbers in the first column only."""
    ends = [axes.get_ylim() for axes in rows.ravel() if axes.get_visible()]
    for column, axes in enumerate(rows.T):
        for each in axes:
            each.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
            each.tick_params(labelleft=column == 0)


class _Stimulus:
    """What stimulates a cell in a panel: currents into it, or else spikes that are forced."""

    def __init__(self, trajectory: Trajectory, plot: Voltage, conditions: Sequence[int]) -> None:
        self.start, self.stop = shown_window(trajectory, plot)
        self.trains: list[tuple[str, Array, Array]] = []
        found = currents(trajectory, plot.phase, plot.population)
        own = [c for c in found if not c.cells or plot.cell is None or plot.cell in c.cells]
        self.currents = [_waveform(trajectory, plot, own, c) for c in conditions] if own else []
        if not own:
            self._find_spikes(trajectory, plot, conditions[0])
        self.drawn = bool(self.currents or self.trains)
        self.label = "Current\n(pA)" if own else ""

    def _find_spikes(self, trajectory: Trajectory, plot: Voltage, condition: int) -> None:
        copy = condition * Cells.of(trajectory).repeats + plot.repeat
        half = 0.5 * trajectory.info.step
        for name, table in trajectory.spikes.items():
            if name == plot.population:
                continue
            size = cells_of(trajectory, name)
            inside = table["cell"] // size == copy
            inside &= table["time"].between(self.start - half, self.stop - half)
            if inside.any():
                since = table["time"][inside].to_numpy() - self.start
                share = table["cell"][inside].to_numpy() % size / size
                self.trains.append((name, since * 1e3, share))

    def draw(self, axes: Any) -> None:
        """Draw it below the potential."""
        own = colours(len(self.currents), ordered=True)
        for (colour, dashes), (time, value) in zip(own, self.currents, strict=False):
            shown = colour if len(self.currents) > 1 else "0.25"
            axes.step(time, value, dashes, where="post", color=shown, linewidth=1.1)
        for row, (_, time, share) in enumerate(self.trains):
            low = row + 0.1 + 0.8 * share
            axes.vlines(time, low, low + 0.06, color="0.25",
                        linewidth=1.2)  # fmt: skip
        if self.trains:
            names = [words(name) for name, *_ in self.trains]
            axes.set_yticks(np.arange(len(names)) + 0.5, names)
            axes.tick_params(axis="y", length=0)
            axes.set_ylim(0, len(names))
        else:
            axes.margins(y=0.2)
            axes.yaxis.set_major_locator(MaxNLocator(3))
        axes.set_xlim(0, (self.stop - self.start) * 1e3)
        axes.spines[["top", "right"]].set_visible(False)


def _waveform(
    trajectory: Trajectory, plot: Voltage, own: Sequence[Current], condition: int
) -> tuple[Array, Array]:
    """Return times (ms) at which the sum of currents changes, and what it is from then on (pA)."""
    start, stop = shown_window(trajectory, plot)
    first, _ = span(trajectory, plot.phase)
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
    return (time + first - start) * 1e3, np.cumsum(change)


def _drawn(
    trajectory: Trajectory, protocol: Protocol, plot: Voltage, conditions: Array
) -> list[tuple[str, int]]:
    """Return label and number of each condition of a panel that is drawn."""
    if plot.series is None:
        return [("", int(conditions[0]))]
    table = trajectory.info.conditions
    found = []
    for label, value in _values(trajectory, protocol, plot.series):
        inside = conditions[(table[plot.series] == value).to_numpy()[conditions]]
        if inside.size:
            found.append((label, int(inside[0])))
    return found


def _spikes(trajectory: Trajectory, plot: Voltage, condition: int) -> Array:
    """Return the times (ms) at which the cell of a picture spikes in a condition."""
    start, stop = shown_window(trajectory, plot)
    cell = trajectory.traces[plot.population]["number"].values[_column(trajectory, plot, condition)]
    table = trajectory.spikes[plot.population]
    inside = (table["cell"] == cell) & table["time"].between(start, stop)
    return np.asarray((table["time"][inside] - start) * 1e3)


def _lines(
    trajectory: Trajectory, plot: Voltage, drawn: list[tuple[str, int]]
) -> list[tuple[str, Array, Array]]:
    """Return label, time (ms) and values of each line of a panel."""
    names = _variables(trajectory, plot)
    if plot.series is None:
        return [(_place(n), *_trace(trajectory, plot, n, drawn[0][1])) for n in names]
    return [(label, *_trace(trajectory, plot, names[0], number)) for label, number in drawn]


def _trace(
    trajectory: Trajectory, plot: Voltage, variable: str, condition: int
) -> tuple[Array, Array]:
    """Return time (ms) and values of a variable in a condition, thinned out."""
    dataset = trajectory.traces[plot.population]
    column = _column(trajectory, plot, condition)
    times = dataset["time"].values
    start, stop = shown_window(trajectory, plot)
    edge = 1e-3 * trajectory.info.step
    rows = slice(*np.searchsorted(times, [start - edge, stop + edge]))
    scale = convert(1.0, dataset[variable].attrs.get("units", "1"), plot.unit)
    values = np.asarray(dataset[variable].isel(time=rows, cell=column).values) * scale
    kept = thinned(values)
    return (times[rows][kept] - start) * 1e3, values[kept]


def _column(trajectory: Trajectory, plot: Voltage, condition: int) -> int:
    """Return the place of the cell of a picture, or of the first one, among the recorded ones."""
    dataset = trajectory.traces[plot.population]
    here = (dataset["condition"].values == condition) & (dataset["repeat"].values == plot.repeat)
    if plot.cell is not None:
        here &= dataset["number"].values % cells_of(trajectory, plot.population) == plot.cell
    return int(np.flatnonzero(here)[0])


def _variables(trajectory: Trajectory, plot: Voltage) -> Sequence[str]:
    if plot.variables:
        return plot.variables
    wanted = dimensions(plot.unit)
    recorded = trajectory.info.traces[plot.population].variables
    found = [name for name, variable in recorded.items() if dimensions(variable.unit) == wanted]
    if not found:
        raise ResultError(f"nothing of {plot.population!r} was recorded that counts {plot.unit}")
    return found


def _label(trajectory: Trajectory, plot: Voltage) -> str:
    names = _variables(trajectory, plot)
    if dimensions(plot.unit) == dimensions("mV"):
        return with_unit("Potential", plot.unit)
    return with_unit(words(names[0]) if len(names) == 1 else "Value", plot.unit)


def _place(variable: str) -> str:
    """Return what a line of a potential is called: by the compartment, if it has one."""
    return words(variable.removeprefix("v_"))


def _values(trajectory: Trajectory, protocol: Protocol, axis: str) -> list[tuple[str, Any]]:
    """Return label and value of each condition of an axis; a quantity needs no name."""
    unit = protocol.conditions[axis].unit
    return [
        (label if isinstance(value, str) or unit == "1" else f"{value:g} {unit}", value)
        for label, value in series_of(protocol, axis, trajectory.info.conditions)
    ]
