"""Pictures of neurons: recorded variables over time, with what stimulates them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurospine.analysis.drawing import caption, series_of, with_unit
from neurospine.analysis.neuron_drawing import (
    colours,
    head,
    said_copy,
    shown_conditions,
    shown_window,
    thinned,
    words,
)
from neurospine.analysis.repeats import Array
from neurospine.analysis.stimulus_plots import Stimulus
from neurospine.analysis.visits import span
from neurospine.analysis.windows import cells_of
from neurospine.description.neuron_pictures import Voltage
from neurospine.description.protocol import Protocol
from neurospine.description.units import convert, dimensions
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Room above a potential for the strokes of spikes, as a share of its height.
_HEAD = 0.09
#: Panels side by side at most.
_ACROSS = 4


def draw_voltage(figure: Any, trajectory: Trajectory, protocol: Protocol, plot: Voltage) -> None:
    """Draw recorded variables of a cell over time, and the currents into it or its inputs."""
    table = trajectory.info.conditions
    conditions = shown_conditions(trajectory, plot)
    panels = [("", conditions)]
    if plot.panels is not None:
        panels = [
            (
                _titled(plot.panels, label),
                conditions[(table[plot.panels] == value).to_numpy()[conditions]],
            )
            for label, value in _values(trajectory, protocol, plot.panels)
        ]
        panels = [(label, inside) for label, inside in panels if inside.size]
    across = min(len(panels), _ACROSS)
    down = -(-len(panels) // across)
    figure.set_size_inches(max(6.4, 3.2 * across), 1.2 + 2.9 * down)
    drawn = [_drawn(trajectory, protocol, plot, inside) for _, inside in panels]
    stimuli = [Stimulus(trajectory, plot, [n for _, n in some]) for some in drawn]
    below = any(stimulus.drawn for stimulus in stimuli)
    grid = figure.subplots(
        down * (1 + below), across, squeeze=False, sharex=True,
        height_ratios=[3.4, 1] * down if below else [1] * down,
    )  # fmt: skip
    marked = False
    for number, (label, _) in enumerate(panels):
        row, column = divmod(number, across)
        axes = grid[row * (1 + below), column]
        lines = _lines(trajectory, plot, drawn[number])
        own = colours(len(lines), ordered=plot.series is not None)
        of_places = {}
        for (colour, dashes), (name, time, values) in zip(own, lines, strict=False):
            axes.plot(time, values, dashes, color=colour, linewidth=1.1, label=words(name))
            of_places[name] = colour
        if len(drawn[number]) == 1:  # a reset leaves no spike in the potential: mark them above
            spikes = _spikes(trajectory, plot, drawn[number][0][1])
            marked = marked or bool(spikes.size)
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
            stimuli[number].draw(bottom, of_places, named=number == 0)
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
    _share_height(grid[:: 1 + below], _HEAD if marked else 0.0)
    _share_height(grid[1 :: 1 + below] if below else grid[:0])
    figure.align_ylabels()
    head(figure, plot)
    shown = [condition for some in drawn for _, condition in some]
    marks = "strokes at the upper edge: spikes" if marked else ""
    caption(figure, marks, said_copy(trajectory, plot, shown))


def _share_height(rows: Any, above: float = 0.0) -> None:
    """Give axes the same ends of the y axis, with numbers in the first column only.

    A share of the height is left free `above`.
    """
    ends = [axes.get_ylim() for axes in rows.ravel() if axes.get_visible()]
    for column, axes in enumerate(rows.T):
        for each in axes:
            low, high = min(low for low, _ in ends), max(high for _, high in ends)
            each.set_ylim(low, high + above * (high - low))
            each.tick_params(labelleft=column == 0)


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
    return np.asarray((table["time"][inside] - span(trajectory, plot.phase)[0]) * 1e3)


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
    since = times[rows][kept] - span(trajectory, plot.phase)[0]
    return since * 1e3, values[kept]


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
    return variable.removeprefix("v_")


def _titled(axis: str, label: str) -> str:
    """Return the title of a panel, which names the condition."""
    name = words(axis)
    return label if label.startswith(f"{name} ") else f"{name}: {label}"


def _values(trajectory: Trajectory, protocol: Protocol, axis: str) -> list[tuple[str, Any]]:
    """Return label and value of each condition of an axis; a quantity needs no name."""
    unit = protocol.conditions[axis].unit
    return [
        (label if isinstance(value, str) or unit == "1" else f"{value:g} {unit}", value)
        for label, value in series_of(protocol, axis, trajectory.info.conditions)
    ]
