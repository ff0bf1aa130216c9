"""Fit the gates of dopamine to the windows of D1 and D2 cells, in the protocols themselves.

The published facts are few: D1 cells enlarge where dopamine follows by 0.6 and 1 s and not at
-1 and 5 s (Yagishita 2014); D2 cells enlarge on dips of at least 0.4 s (Iino 2020). The shape
in between is assumed, as written below. The closed form is fitted to the same window with
dopamine in a short pulse. Prints values for the sets `d1_window`, `d2_dips` and `short_pulse`.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

import neurospine


@dataclass(frozen=True)
class Window:
    """A protocol, the shape wanted along its axis, and the parameters with their starts."""

    protocol: str
    axis: str
    wanted: Mapping[float, float]
    start: Mapping[str, float]


D1 = {-1.0: 0.0, 0.0: 0.0, 0.3: 0.5, 0.6: 1.0, 1.0: 1.0, 2.0: 0.4, 5.0: 0.0}
D2 = {0.0: 0.0, 0.1: 0.0, 0.2: 0.0, 0.3: 0.0, 0.4: 0.6, 0.5: 0.97, 0.7: 1.0, 1.0: 1.0, 2.0: 1.0}
WINDOWS = {
    "d1_window": Window(
        "dopamine_delay",
        "delay",
        D1,
        {"tau_lasting": 2.0, "tau_rising": 0.1, "tau_messenger": 0.2, "messenger_half": 0.1},
    ),
    "d2_dips": Window(
        "dopamine_dip",
        "dip",
        D2,
        {"dopamine_half": 0.208, "tau_messenger": 0.192, "messenger_half": 0.357},
    ),
    "short_pulse": Window("dopamine_pulse", "delay", D1, {"tau_eligibility": 0.75}),
}


def shares(window: Window, values: Mapping[str, float]) -> np.ndarray:
    """Return the enlargement along the axis of a protocol as shares of the largest."""
    protocol = neurospine.load_protocol(window.protocol)
    model = protocol.default_model().with_parameters(values)
    found = neurospine.measure(neurospine.simulate(model, protocol), protocol)
    table = found["enlargement"]
    if "disorder" in table:
        table = table[table["disorder"] == "control"]
    table = table.set_index(window.axis)["value"]
    sizes = np.array([table.loc[place] for place in window.wanted])
    return sizes / np.abs(sizes).max()


def fit(window: Window) -> tuple[dict[str, float], np.ndarray]:
    """Return the fitted values, and the shares that they give."""
    names, wanted = list(window.start), np.array(list(window.wanted.values()))

    def misfit(logarithms: np.ndarray) -> np.ndarray:
        return shares(window, dict(zip(names, np.exp(logarithms), strict=True))) - wanted

    start = np.log(list(window.start.values()))
    found = least_squares(misfit, start, diff_step=0.02, max_nfev=40)
    return dict(zip(names, np.exp(found.x), strict=True)), found.fun + wanted


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", default=list(WINDOWS), help="which to fit")
    for label in parser.parse_args().sets:
        values, reached = fit(WINDOWS[label])
        print(label, {name: float(f"{value:.3g}") for name, value in values.items()})
        for place, wanted, share in zip(
            WINDOWS[label].wanted, WINDOWS[label].wanted.values(), reached, strict=True
        ):
            print(f"  {place:5.1f} s: wanted {wanted:.2f}, found {share:.3f}")
