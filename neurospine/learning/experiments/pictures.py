"""Pictures of training: accuracy along the way, dendritic error, weights and bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from neurospine.analysis.drawing import COLOURS, finish
from neurospine.learning.experiments.outcome import Learning, Outcome

#: Of a grid that one, two or three panels fill.
_COLUMNS = 6


def learning_picture(learning: Learning) -> Figure:
    """Return the picture of one network, or of networks that were compared."""
    outcomes = learning.networks
    if len(outcomes) == 1:
        return _of_one(next(iter(outcomes.values())), str(learning.attributes["name"]))
    return _of_several(learning)


def _of_one(outcome: Outcome, name: str) -> Figure:
    panels = {_accuracy: True, _dendrites: "dendritic_error" in outcome.curves}
    bounded = "bounds" in outcome.curves
    below = {_weights: True, _bounds: bounded, _at_bound: bounded}
    rows = [[panel for panel, there in row.items() if there] for row in (panels, below)]
    learned = len(_changed(outcome, "weights", "projection"))
    heights = (3.4, 1.3 + 0.42 * max(learned, 4))
    figure = _figure(10.5, sum(heights))
    grid = figure.add_gridspec(2, _COLUMNS, height_ratios=heights)
    for number, row in enumerate(rows):
        width = _COLUMNS // len(row)
        for place, panel in enumerate(row):
            panel(figure.add_subplot(grid[number, place * width : (place + 1) * width]), outcome)
    figure.suptitle(name.replace("_", " "))
    return figure


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _accuracy(axes: Any, outcome: Outcome) -> None:
    curve = 100 * outcome.curves["validation_accuracy"]
    seeds = curve.sizes["seed"]
    for number in range(seeds):
        own = curve.isel(seed=number)
        axes.plot(own["samples"], own, color="0.7", lw=0.9, label="one seed" * (number == 0))
    axes.plot(curve["samples"], curve.mean("seed"), color=COLOURS[0], lw=2, label="mean")
    training = 100 * outcome.curves["training_accuracy"].mean("seed")
    axes.plot(training["samples"], training, color=COLOURS[1], lw=1.2, ls="--",
              label="training, before learning")  # fmt: skip
    final = 100 * outcome.final["test_accuracy"]
    at = np.full(seeds, curve["samples"].values[-1])
    axes.plot(at, final, "o", ms=4, mfc="white", mec=COLOURS[2], label="test", clip_on=False)
    axes.set(xlabel="Samples", ylabel="Told right (%)", ylim=(0, 100))
    axes.set_xlim(left=0)
    finish(axes, "Accuracy")


def _dendrites(axes: Any, outcome: Outcome) -> None:
    error = outcome.curves["dendritic_error"]
    for number, label in enumerate(error["layer"].values):
        _banded(axes, error.sel(layer=label), COLOURS[number % len(COLOURS)], str(label))
    axes.set(xlabel="Samples", ylabel="Mean magnitude of the dendritic state")
    axes.set_yscale("log")
    finish(axes, "Dendritic error")


def _weights(axes: Any, outcome: Outcome) -> None:
    _distributions(axes, outcome, "weights", "projection")
    finish(axes, "Weights at the end, grey at the start", legend=False)


def _bounds(axes: Any, outcome: Outcome) -> None:
    _distributions(axes, outcome, "bounds", "bounded")
    finish(axes, "Bounds at the end, grey at the start", legend=False)


def _distributions(axes: Any, outcome: Outcome, variable: str, along: str) -> None:
    """Draw the magnitudes of each projection that learned, one above the other."""
    counts = outcome.curves[variable].sum("seed")
    edges, names = counts["magnitude"].values, _changed(outcome, variable, along)
    labels, seen = [], np.zeros(len(edges) - 1, bool)
    for number, name in enumerate(names):
        own = counts.sel({along: name})
        start, end = (own.isel(samples=row).values for row in (0, -1))
        for values, style in (
            (start, {"color": "0.82"}),
            (end, {"edgecolor": COLOURS[number % len(COLOURS)], "fill": False, "lw": 1.5}),
        ):
            rest = values[1:]
            seen |= rest > 0
            height = 0.85 * rest / max(rest.max(), 1)
            axes.stairs(height - number, [*edges[1:], 10 * edges[-1]], baseline=-number,
                        **{"fill": True, **style})  # fmt: skip
        labels.append(f"{name}\n{100 * end[0] / end.sum():.0f} % near 0")
    axes.set_yticks(0.3 - np.arange(len(names)), labels, fontsize="x-small")
    axes.tick_params(axis="y", length=0)
    axes.set(xscale="log", xlabel="Magnitude")
    if seen.any():
        axes.set_xlim(1e-4, edges[1:][np.flatnonzero(seen)[-1]] * 1.5)


def _changed(outcome: Outcome, variable: str, along: str) -> list[str]:
    """Return the projections whose distribution is another at the end than at the start."""
    if variable not in outcome.curves:
        return []
    counts = outcome.curves[variable]
    moved = (counts.isel(samples=0) != counts.isel(samples=-1)).any(("seed", "magnitude"))
    return [str(name) for name in counts[along].values[moved.values]]


def _at_bound(axes: Any, outcome: Outcome) -> None:
    for number, name in enumerate(outcome.curves["bounded"].values):
        for variable, style in (("at_bound", "-"), ("absent", ":")):
            share = 100 * outcome.curves[variable].sel(bounded=name).mean("seed")
            label = f"{name}, {variable.replace('_', ' ')}"
            axes.plot(share["samples"], share, style, color=COLOURS[number % len(COLOURS)],
                      label=label)  # fmt: skip
    axes.set(xlabel="Samples", ylabel="Share of weights (%)", ylim=(0, 100))
    finish(axes, "Weights at a bound, and absent")


def _banded(axes: Any, values: Any, colour: str, label: str) -> None:
    """Draw the mean over seeds with its standard error."""
    mean = values.mean("seed")
    error = values.std("seed", ddof=1) / np.sqrt(values.sizes["seed"])
    axes.plot(mean["samples"], mean, color=colour, lw=1.6, label=label)
    if values.sizes["seed"] > 1:
        axes.fill_between(
            mean["samples"], mean - error, mean + error, color=colour, alpha=0.2, lw=0
        )


def _of_several(learning: Learning) -> Figure:
    """Draw validation curves, and test accuracies seed by seed beside them."""
    names = list(learning.networks)
    figure = _figure(10.5, 0.6 + max(3.6, 0.34 * len(names) + 1.4))
    left, right = figure.subplots(1, 2)
    control = learning.attributes["control"]
    for number, (name, outcome) in enumerate(learning.networks.items()):
        colour, dash = COLOURS[number % len(COLOURS)], ("-", "--")[number // len(COLOURS) % 2]
        curve = 100 * outcome.curves["validation_accuracy"]
        _banded(left, curve, colour, name.replace("_", " "))
        left.lines[-1].set_linestyle(dash)
        test = 100 * outcome.final["test_accuracy"].values
        right.plot(test, np.full(test.size, -number), "o", ms=4, color=colour, alpha=0.55)
        right.plot([test.mean()] * 2, [-number - 0.3, -number + 0.3], dash, color=colour, lw=2.2)
    left.set(xlabel="Samples", ylabel="Validation samples told right (%)", ylim=(0, 100))
    left.set_xlim(left=0)
    left.locator_params(axis="x", nbins=6)
    finish(left, "Accuracy while learning", legend=False)
    right.axvline(100 * float(learning.networks[control].final["test_accuracy"].mean()),
                  color="0.6", lw=0.8, zorder=0)  # fmt: skip
    right.set_yticks(-np.arange(len(names)), [n.replace("_", " ") for n in names])
    right.set(xlabel="Test samples told right (%)")
    finish(right, "Each seed, and the mean", legend=False)
    return figure
