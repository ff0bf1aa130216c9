"""Derive the change of stimulated spines and of their neighbours from areas of single spines.

Reads a table that is not part of this project: areas of CA1 spines imaged around the uncaging
of glutamate at 1, 3 or 15 of them (Eggl et al. 2023). Writes eggl2023_stimulated.csv and
eggl2023_neighbours.csv; the same table always gives the same numbers.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"
DRAWS = 4000
SEED = 20231
BEFORE = ("area_m15min", "area_m10min", "area_m5min")
AFTER = {2: "area_2min", 10: "area_10min", 20: "area_20min", 30: "area_30min", 40: "area_40min"}
#: Edges of bins of distance in um.
EDGES = (0, 2, 5, 10, 15)
#: What calibrates; all else is held out.
CALIBRATE_TIMES = (2, 20, 40)
CALIBRATE_NUMBERS = (3, 15)
CALIBRATE_NEIGHBOURS = ((15, 0, 2), (3, 5, 10))

COMMON = """\
# CA1 pyramidal cells, organotypic slices, two-photon projections; n spines of so many cells.
# From the areas published with the paper (meggl23/SpontaneousSpines, Data.zip), by
# tools/derive_stimulated_data.py. stimulated_spines: so many at once.
# change: mean of area over the spine's own mean at -15, -10 and -5 min, less 1.
# standard_error: over spines. cell_standard_error: of {draws} bootstrap samples of cells.
# role: what is held_out was not fitted.
"""
STIMULATED_HEAD = """\
# Eggl et al. 2023 (key eggl2023): head area of stimulated spines; 0 are all spines of the
# sham experiments. time: min from the stimulation.
"""
NEIGHBOURS_HEAD = """\
# Eggl et al. 2023 (key eggl2023): head area 40 min after stimulation, of spines that were not
# stimulated. from, to: distance along the dendrite to the nearest stimulated spine; distance: the
# middle of the two. side: outside
# the stimulated stretch, or between its spines (distances with a minus in the source, as the
# authors' code defines them, meggl23/MultiSpinePlasticity, ROICode/SynapseFuncs.py).
# One neighbour of 15 at a distance of exactly 0 is left out.
"""


def row_of(change: pd.Series, cells: pd.Series) -> list[str]:
    """Return n, number of cells, mean and both standard errors as texts."""
    known = change.notna()
    values, names = change[known].to_numpy(float), cells[known].to_numpy()
    groups = [values[names == name] for name in np.unique(names)]
    generator = np.random.default_rng(SEED)
    draws = generator.integers(len(groups), size=(DRAWS, len(groups)))
    means = [np.concatenate([groups[i] for i in draw]).mean() for draw in draws]
    error = values.std(ddof=1) / np.sqrt(values.size)
    numbers = (values.mean(), error, np.std(means, ddof=1))
    return [str(values.size), str(len(groups)), *(f"{x:.4f}" for x in numbers)]


def derive(path: Path) -> dict[str, str]:
    """Return the text of each file."""
    table = pd.read_csv(path, comment="#")
    base = table[list(BEFORE)].mean(axis=1)
    cells = table["stimulated_spines"].astype(str) + " " + table["cell"].astype(str)
    control = table["condition"] == "Control"
    comment = COMMON.format(draws=DRAWS)
    names = "n,cells,change,standard_error,cell_standard_error"
    stimulated = [f"stimulated_spines,time [minute],role,{names}"]
    for number in (0, 1, 3, 15):
        chosen = control & (table["role"] == "Stim") & (table["stimulated_spines"] == number)
        chosen = ~control if number == 0 else chosen
        for time, column in AFTER.items():
            fitted = number in CALIBRATE_NUMBERS and time in CALIBRATE_TIMES
            role = "shown" if number == 0 else "calibration" if fitted else "held_out"
            change = (table[column] / base - 1)[chosen]
            stimulated.append(
                ",".join([str(number), str(time), role, *row_of(change, cells[chosen])])
            )
    neighbours = [f"stimulated_spines,side,distance [um],from [um],to [um],role,{names}"]
    change = table[AFTER[40]] / base - 1
    for number in (1, 3, 15):
        of_number = control & (table["role"] == "Spine") & (table["stimulated_spines"] == number)
        bins = [("outside", a, b) for a, b in pairwise(EDGES)]
        for side, start, stop in [*bins, ("between", 0, 5)]:
            distance = table["distance"] * (1 if side == "outside" else -1)
            chosen = of_number & (distance >= start) & (distance < stop) & (distance > 0)
            if chosen.sum() < 5:
                continue
            fitted = side == "outside" and (number, start, stop) in CALIBRATE_NEIGHBOURS
            head = [str(number), side, str((start + stop) / 2), str(start), str(stop)]
            head.append("calibration" if fitted else "held_out")
            neighbours.append(",".join([*head, *row_of(change[chosen], cells[chosen])]))
    return {
        "eggl2023_stimulated.csv": STIMULATED_HEAD + comment + "\n".join(stimulated) + "\n",
        "eggl2023_neighbours.csv": NEIGHBOURS_HEAD + comment + "\n".join(neighbours) + "\n",
    }


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description="Derive changes of stimulated spines.")
    parser.add_argument("areas", type=Path, help="table of areas, Eggl et al. 2023")
    parser.add_argument("--output", type=Path, default=REFERENCE, help="folder for the files")
    options = parser.parse_args()
    for name, text in derive(options.areas).items():
        (options.output / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
