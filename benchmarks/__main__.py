"""Run the benchmarks and print their tables: ``python -m benchmarks [--quick]``."""

import argparse

from benchmarks import build, dendritic_cells, dendritic_network, living_spines, plastic_network
from benchmarks.report import Report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, the small network")
    parser.add_argument("--output", default="benchmarks/results", help="folder for the JSON file")
    arguments = parser.parse_args()
    report = Report()
    sizes = (100_000,) if arguments.quick else (100_000, 1_000_000)
    for synapses in sizes:
        plastic_network.run(report, synapses, repeats=3 if arguments.quick else 5)
    dendritic_cells.run(report, quick=arguments.quick)
    for sites in sizes:
        dendritic_network.run(report, sites, repeats=3 if arguments.quick else 5)
    living_spines.run(report, quick=arguments.quick)
    build.run(report)
    print(f"\nwritten to {report.write(arguments.output)}")


if __name__ == "__main__":
    main()
