"""Derive the summaries of head sizes in data/reference from tables of single spines.

Reads two tables that are not part of this project: areas of CA1 spines imaged over an hour
(Eggl et al. 2023) and shapes from electron microscopy (Scholl et al. 2020). Writes
eggl2023_sham.csv, scholl2020_sizes.csv and scholl2020_shapes.csv; the same tables always give
the same numbers.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"
DRAWS = 4000
SEED = 20231

#: Times of imaging in min; the sham stimulation is at 0.
TIMES = (-15, -10, -5, 2, 10, 20, 30, 40)
#: Every second interval of 5 to 10 min calibrates, with three long ones between the same images;
#: the interval that spans the sham stimulation is in neither half.
CALIBRATE = ((-15, -10), (2, 10), (20, 30), (2, 30), (-15, 20), (-10, 30))
HOLD_OUT = ((-10, -5), (10, 20), (30, 40), (-15, 40))
SHOWN = ((-5, 2),)

EGGL_HEAD = """\
# Eggl et al. 2023 (key eggl2023), spines without stimulation (Sham): change of head area.
# CA1 pyramidal cells, organotypic slices, two-photon projections; {spines} spines of {cells} cells.
# From the areas published with the paper (meggl23/SpontaneousSpines, Data.zip), by
# tools/derive_size_data.py. start, stop: min from the sham stimulation.
# sd_change: SD over the spines of the difference of areas; sd_log_change: the same of ln(area).
# mean_area, sd_log_area: of the areas at the start of the interval, and of their logarithm.
# size_correlation, slope: of the change without its sign, on the area at the start.
# exponent: slope of ln(SD of change) on ln(mean area) over four quarters of the spines by area.
# standard errors: {draws} bootstrap samples of cells. role: what is held_out was not fitted.
# The error of measurement is not known; nothing was corrected for it, and all changes hold it.
"""
SCHOLL_HEAD = """\
# Scholl et al. 2020 (key scholl2020): head volumes of dendritic spines, ferret visual cortex.
# Layer 2/3, electron microscopy of {n} spines of 5 cells: statistics of the table of single spines
# published with the paper (first version), by tools/derive_size_data.py; the table is not kept.
# log: natural logarithm of volume. standard errors: {draws} bootstrap samples of spines.
# The spines were chosen by their response to visual stimuli, and ln V is skewed to the left, so
# no log-normal has these moments.
"""


SHAPE_HEAD = """\
# Scholl et al. 2020 (key scholl2020): shape of dendritic spines, ferret visual cortex, layer 2/3.
# Electron microscopy of {n} spines of 5 cells in which all was measured, none zero: statistics of
# the table of single spines published with the paper (first version), by tools/derive_size_data.py.
# correlation: of logarithms. psd: area of the postsynaptic density on head volume (um**3) as
# unit*volume**exponent, by regression of logarithms, with the spread about it. neck: ln of length.
# standard errors: {draws} bootstrap samples of spines.
"""


def bootstrap(groups: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the SE of a measure of row numbers; whole groups of rows are drawn."""
    generator = np.random.default_rng(SEED)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    draws = generator.integers(len(members), size=(DRAWS, len(members)))
    values = [measure(np.concatenate([members[i] for i in draw])) for draw in draws]
    return np.std(values, axis=0, ddof=1)


def change_statistics(before: np.ndarray, after: np.ndarray, quarter: np.ndarray) -> np.ndarray:
    """Return the numbers of one row of eggl2023_sham.csv, without their errors."""
    change = after - before
    size = np.abs(change)
    slope = np.polyfit(before, size, 1)[0]
    spread = [change[quarter == k].std(ddof=1) for k in range(4)]
    middle = [(before[quarter == k] + after[quarter == k]).mean() / 2 for k in range(4)]
    return np.array(
        [
            change.std(ddof=1),
            np.log(after / before).std(ddof=1),
            before.mean(),
            np.log(before).std(ddof=1),
            np.corrcoef(before, size)[0, 1],
            slope,
            np.polyfit(np.log(middle), np.log(spread), 1)[0],
        ]
    )


def derive_areas(path: Path) -> str:
    """Return the text of eggl2023_sham.csv."""
    table = pd.read_csv(path, comment="#")
    sham = table[table["condition"] == "Sham"]
    cells = (sham["stimulated_spines"].astype(str) + " " + sham["cell"].astype(str)).to_numpy()
    columns = [f"area_{'m' if t < 0 else ''}{abs(t)}min" for t in TIMES]
    areas = sham[columns].to_numpy(float)
    mean = np.nanmean(areas, axis=1)
    quarter = np.searchsorted(np.quantile(mean, [0.25, 0.5, 0.75]), mean)
    names = ("sd_change [um**2]", "sd_log_change", "mean_area [um**2]", "sd_log_area")
    names += ("size_correlation", "slope", "exponent")
    head = ["start [minute]", "stop [minute]", "interval [minute]", "role", "n"]
    head += [n for name in names for n in (name, _error(name))]
    lines = [",".join(head)]
    for start, stop in sorted(CALIBRATE + HOLD_OUT + SHOWN, key=lambda pair: pair[1] - pair[0]):
        first, second = areas[:, TIMES.index(start)], areas[:, TIMES.index(stop)]
        known = np.isfinite(first) & np.isfinite(second)
        a, b, q = first[known], second[known], quarter[known]
        found = change_statistics(a, b, q)
        errors = bootstrap(
            cells[known], lambda rows, a=a, b=b, q=q: change_statistics(a[rows], b[rows], q[rows])
        )
        role = "calibration" if (start, stop) in CALIBRATE else "shown"
        role = "held_out" if (start, stop) in HOLD_OUT else role
        numbers = [f"{x:.4f}" for pair in zip(found, errors, strict=True) for x in pair]
        row = [str(start), str(stop), str(stop - start), role, str(known.sum()), *numbers]
        lines.append(",".join(row))
    counts = {"spines": len(sham), "cells": len(np.unique(cells)), "draws": DRAWS}
    return EGGL_HEAD.format(**counts) + "\n".join(lines) + "\n"


def _error(name: str) -> str:
    label, _, unit = name.partition(" ")
    return f"{label}_standard_error {unit}".strip()


def derive_volumes(path: Path) -> str:
    """Return the text of scholl2020_sizes.csv."""
    volume = pd.read_csv(path)["head_volume_um3"].dropna().to_numpy(float)

    def moments(rows: np.ndarray) -> np.ndarray:
        v, x = volume[rows], np.log(volume[rows])
        skew = np.mean((x - x.mean()) ** 3) / x.std() ** 3
        return np.array([v.mean(), v.std(ddof=1) / v.mean(), x.mean(), x.std(ddof=1), skew])

    every = np.arange(volume.size)
    found, errors = moments(every), bootstrap(every, moments)
    names = ("mean [um**3]", "cv", "log_mean", "log_sd", "log_skew")
    head = ["n", *(n for name in names for n in (name, _error(name)))]
    row = [str(volume.size)]
    row += [f"{x:.4f}" for pair in zip(found, errors, strict=True) for x in pair]
    comment = SCHOLL_HEAD.format(n=volume.size, draws=DRAWS)
    return comment + ",".join(head) + "\n" + ",".join(row) + "\n"


def derive_shapes(path: Path) -> str:
    """Return the text of scholl2020_shapes.csv."""
    columns = ["head_volume_um3", "psd_area_um2", "neck_length_um"]
    table = pd.read_csv(path)[columns].dropna()
    volume, area, neck = np.log(table[(table > 0).all(axis=1)].to_numpy(float)).T

    def statistics(rows: np.ndarray) -> np.ndarray:
        v, a, n = volume[rows], area[rows], neck[rows]
        exponent, start = np.polyfit(v, a, 1)
        spread = np.std(a - exponent * v - start)
        with_psd, with_neck = np.corrcoef(v, a)[0, 1], np.corrcoef(v, n)[0, 1]
        line = [np.exp(start), exponent, spread]
        return np.array([with_psd, with_neck, *line, n.mean(), n.std(ddof=1)])

    every = np.arange(volume.size)
    found, errors = statistics(every), bootstrap(every, statistics)
    names = ("psd_correlation", "neck_correlation", "psd_unit [um**2]", "psd_exponent")
    names += ("psd_spread", "neck_log_mean", "neck_log_sd")
    head = ["n", *(n for name in names for n in (name, _error(name)))]
    row = [str(volume.size)]
    row += [f"{x:.4f}" for pair in zip(found, errors, strict=True) for x in pair]
    comment = SHAPE_HEAD.format(n=volume.size, draws=DRAWS)
    return comment + ",".join(head) + "\n" + ",".join(row) + "\n"


def main() -> None:
    """Write all files."""
    parser = argparse.ArgumentParser(description="Derive summaries of spine sizes.")
    parser.add_argument("areas", type=Path, help="table of areas, Eggl et al. 2023")
    parser.add_argument("volumes", type=Path, help="table of spine shapes, Scholl et al. 2020")
    parser.add_argument("--output", type=Path, default=REFERENCE, help="folder for the summaries")
    options = parser.parse_args()
    for name, text in (
        ("eggl2023_sham.csv", derive_areas(options.areas)),
        ("scholl2020_sizes.csv", derive_volumes(options.volumes)),
        ("scholl2020_shapes.csv", derive_shapes(options.volumes)),
    ):
        (options.output / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
