"""One table: each workload with neurospine, and with whatever else it was measured."""

from collections.abc import Callable
from typing import Any

TITLE = "all workloads: neurospine and other programs"
#: Workload, the table that has it, its column, and which row is whose.
WORKLOADS = (
    (
        "W1, 1e6 whole spines, CPU s per s",
        "networks of whole spines, 1e+06 spines",
        "CPU s per biological s",
        {"neurospine": "W1, whole spines", "floor": "W1, floor"},
    ),
    (
        "W2, 1e6 whole spines, CPU s per s",
        "networks of whole spines, 1e+06 spines",
        "CPU s per biological s",
        {"neurospine": "W2, whole spines", "floor": "W2, floor"},
    ),
    (
        "W1, 1e6 bare synapses, CPU s per s",
        "plastic network, 1e+06 synapses",
        "CPU s per biological s",
        {
            "neurospine": "neurospine",
            "textbook Brian2": "textbook",
            "floor": "floor",
            "NEST": "NEST",
        },
    ),
    (
        "W2, 1e6 bare synapses, CPU s per s",
        "plastic network with dopamine, 1e+06 synapses",
        "CPU s per biological s",
        {
            "neurospine": "gated",
            "textbook Brian2": "Brian2, event-driven",
            "floor": "floor",
            "NEST": "NEST",
        },
    ),
    (
        "spines that live by themselves, ns a step",
        "drift, noise and elimination, 1e+06 slots",
        "CPU ns per slot and step",
        {"neurospine": "neurospine", "textbook Brian2": "textbook"},
    ),
    (
        "1000 cells of two compartments, CPU s per s",
        "1000 cells of soma and dendrite, 200 Hz each",
        "CPU s per biological s",
        {"neurospine": "neurospine", "textbook Brian2": "textbook", "Dendrify": "Dendrify"},
    ),
    (
        "1000 Hodgkin-Huxley cells, CPU s per s",
        "1000 cells of soma and dendrite, 200 Hz each",
        "CPU s per biological s",
        {"neurospine": "neurospine, squid soma", "NEURON": "NEURON, squid soma"},
    ),
)
OTHERS = ("neurospine", "textbook Brian2", "floor", "NEST", "Dendrify", "NEURON")


def summary(rows_of: Callable[[str], list[dict[str, Any]] | None]) -> list[dict[str, str]]:
    """Return the rows of the table, from the tables that there are; a simulator may be missing."""
    found = []
    for workload, title, column, whose in WORKLOADS:
        rows = {row["what"]: str(row[column]) for row in rows_of(title) or ()}
        medians = {name: rows[row].split(" ")[0] for name, row in whose.items() if row in rows}
        if medians:
            found.append({"workload": workload, **{name: medians.get(name, "") for name in OTHERS}})
    return found
