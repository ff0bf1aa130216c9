"""Run the benchmarks and print their tables: ``python -m benchmarks [--quick] [--only NAME …]``."""

import argparse
import time

from benchmarks import (
    build,
    dendritic_cells,
    dendritic_network,
    dopamine_network,
    full_network,
    learning,
    living_spines,
    plastic_network,
    plasticity_rules,
    sweep,
    two_runs,
)
from benchmarks.report import Report
from benchmarks.summary import TITLE, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, the small network")
    parser.add_argument("--output", default="benchmarks/results", help="folder for the JSON file")
    parser.add_argument(
        "--only", nargs="+", choices=list(BENCHMARKS), default=[], metavar="NAME",
        help=f"some of them: {', '.join(BENCHMARKS)}",
    )  # fmt: skip
    arguments = parser.parse_args()
    report = Report()
    for name in arguments.only or BENCHMARKS:
        start = time.monotonic()
        BENCHMARKS[name](report, arguments.quick)
        report.content.setdefault("minutes", {})[name] = (time.monotonic() - start) / 60
        report.write(arguments.output, *arguments.only)  # nothing is lost if a later one fails
    if rows := summary(report.content.get):
        report.table(TITLE, rows)
    print(f"\nwritten to {report.write(arguments.output, *arguments.only)}")


def _plastic_network(report: Report, quick: bool) -> None:
    for synapses in _sizes(quick):
        plastic_network.run(report, synapses, repeats=3 if quick else 5)


def _plasticity_rules(report: Report, quick: bool) -> None:
    for synapses in _sizes(quick):
        plasticity_rules.run(report, synapses, repeats=3 if quick else 5)


def _dopamine_network(report: Report, quick: bool) -> None:
    for synapses in _sizes(quick):
        dopamine_network.run(report, synapses, repeats=3 if quick else 5)


def _full_network(report: Report, quick: bool) -> None:
    for spines in _sizes(quick):
        full_network.run(report, spines, repeats=3 if quick else 5)


def _two_runs(report: Report, quick: bool) -> None:
    two_runs.run(report, _sizes(quick)[-1], repeats=3 if quick else 7)


def _dendritic_network(report: Report, quick: bool) -> None:
    for sites in _sizes(quick):  # nine programs of many seconds each: three runs are enough
        dendritic_network.run(report, sites, repeats=3)


def _sizes(quick: bool) -> tuple[int, ...]:
    return (100_000,) if quick else (100_000, 1_000_000)


BENCHMARKS = {
    "plastic_network": _plastic_network,
    "full_network": _full_network,
    "plasticity_rules": _plasticity_rules,
    "dopamine_network": _dopamine_network,
    "dendritic_cells": lambda report, quick: dendritic_cells.run(report, quick=quick),
    "dendritic_network": _dendritic_network,
    "living_spines": lambda report, quick: living_spines.run(report, quick=quick),
    "two_runs": _two_runs,
    "learning": lambda report, quick: learning.run(report, quick=quick),
    "sweep": lambda report, quick: sweep.run(report, quick=quick),
    "build": lambda report, quick: build.run(report, quick=quick),
}

if __name__ == "__main__":
    main()
