"""Every shipped model, protocol and table of published values."""

from __future__ import annotations

import contextlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from neurospine import load_model, load_protocol
from neurospine.description.library import shipped_folder
from neurospine.description.neuromodulator_parts import NEUROMODULATORS
from neurospine.description.parts import KINDS, parse_part
from neurospine.description.published import load_reference
from neurospine.description.references import PLAIN_SOURCES, references
from neurospine.description.units import parse_unit
from neurospine.errors import ModelError
from neurospine.learning.experiments.experiment import load_experiment
from neurospine.learning.experiments.toml_text import toml_text
from neurospine.learning.kinds import parse_learner
from neurospine.listing import check_files
from neurospine.listing_protocols import describe_protocol
from neurospine.simulation.plan import make_plan

ROOT = shipped_folder()
MODELS = sorted((ROOT / "models").rglob("*.toml"))
PROTOCOLS = sorted((ROOT / "protocols").rglob("*.toml"))
NETWORKS = sorted((ROOT / "networks").rglob("*.toml"))
TABLES = sorted((ROOT / "data" / "reference").glob("*.csv"))


def name(path: Path) -> str:
    return path.stem


def part(path: Path) -> Any:
    return parse_part(path.read_text(), path.name)


PARTS = [path for path in MODELS if "parameters" in tomllib.loads(path.read_text())]
CIRCUITS = [path for path in MODELS if path.parent.name == "circuits"]
SETS = [(path, label) for path in PARTS for label in part(path).sets]
#: Where a file of each kind lies.
FOLDERS = {
    "plasticity": "plasticity",
    "gate": "spines",
    "structure": "spines",
    "consolidation": "spines",
    "neighbours": "spines",
    "intrinsic": "spines",
    "stages": "spines",
    "readout": "spines",
    "spine": "spines",
    "geometry": "spines",
    "mechanism": "mechanisms",
    "neuron": "neurons",
    "neuromodulator": "neuromodulators",
    "circuit": "circuits",
    "disorder": "disorders",
}


@pytest.mark.parametrize("path", [*MODELS, *PROTOCOLS, *NETWORKS], ids=name)
def test_a_file_passes_every_check(path: Path) -> None:
    (line,) = check_files([str(path)], everything=False)
    assert ": ok" in line


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_a_model_is_called_as_its_file_and_lies_with_its_kind(path: Path) -> None:
    loaded = part(path)
    assert loaded.name == path.stem
    assert path.parent.name == FOLDERS[loaded.kind]
    assert set(FOLDERS) == set(KINDS)


def test_no_two_files_have_one_name() -> None:
    names = [path.stem for path in (*MODELS, *PROTOCOLS, *NETWORKS)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", [*MODELS, *PROTOCOLS, *NETWORKS], ids=name)
def test_a_summary_is_one_sentence(path: Path) -> None:
    summary = tomllib.loads(path.read_text())["summary"]
    assert re.fullmatch(r"[A-Z].{10,150}[^.]\.", summary)


SHAPES = {
    "mnist": (784, 10), "fashion_mnist": (784, 10), "cifar10": (3072, 10), "spirals": (2, 4),
    "digits": (64, 10),
}  # fmt: skip


@pytest.mark.parametrize("path", NETWORKS, ids=name)
def test_a_network_fits_its_data_and_can_be_written_whole(path: Path) -> None:
    experiment = load_experiment(path.stem)
    for network in experiment.networks.values():
        assert (network.inputs, network.classes) == SHAPES[experiment.data]
        again = parse_learner(toml_text(network), "<again>")
        assert again == network.model_copy(update={"base": None})


@pytest.mark.parametrize("path", PARTS, ids=name)
def test_every_parameter_has_a_source_and_a_meaning(path: Path) -> None:
    known = set(references()) | PLAIN_SOURCES
    for label, entry in part(path).parameters.items():
        assert entry.source in known, label
        assert re.match(r"[A-Z]", entry.meaning), label
        assert not entry.meaning.endswith("."), label
        if entry.source in references():
            assert entry.where, f"{label}: where in {entry.source}?"


@pytest.mark.parametrize("path", PARTS, ids=name)
def test_a_time_constant_is_positive_whatever_is_set(path: Path) -> None:
    for label, entry in part(path).parameters.items():
        if label.startswith("tau_"):
            for value in (0.0, -1.0):
                with pytest.raises(ModelError, match="outside its range"):
                    entry.parameter(label).with_value(value)


@pytest.mark.parametrize(("path", "label"), SETS, ids=lambda x: x if isinstance(x, str) else x.stem)
def test_every_value_of_a_set_is_one_that_may_be_set(path: Path, label: str) -> None:
    loaded = part(path)
    chosen = loaded.sets[label]
    assert chosen.values
    for short, value in chosen.values.items():
        changed = (
            loaded.parameters[short].parameter(short).with_value(value, chosen.source, chosen.where)
        )
        assert changed.value == value
    assert set(chosen.fitted_to) <= {table.stem for table in TABLES} | set(references())
    assert (chosen.source == "fitted") <= bool(chosen.fitted_to)


@pytest.mark.parametrize("path", CIRCUITS, ids=name)
def test_a_circuit_loads_with_its_own_spines(path: Path) -> None:
    own = load_model(path.stem)
    assert own == load_model(path)
    assert set(own.spines) == set(own.circuit.projections)


#: A forced cell, a dendrite, and a circuit with dopamine.
HOSTS = ("independent_pairs", "dendritic_line", "modulated_pairs")


@pytest.mark.parametrize("spine", [p.stem for p in MODELS if part(p).kind == "spine"])
def test_a_spine_fits_every_circuit_that_has_what_it_reads(spine: str) -> None:
    parts = [part(path) for path in MODELS if path.stem in part(path_of(spine)).use]
    needs = {port for used in parts for port in getattr(used, "needs", ())}
    for host in HOSTS:
        own = load_model(host)
        blind = any(p.target not in own.neurons for p in own.circuit.projections.values())
        wanted: Any = contextlib.nullcontext()
        if needs & set(NEUROMODULATORS) - set(own.neuromodulators):
            wanted = pytest.raises(ModelError, match=r"needs a table \[neuromodulators")
        elif blind and "voltage" in needs:
            wanted = pytest.raises(ModelError, match="needs the port 'voltage'")
        with wanted:
            assert set(load_model(host, spine=spine).spines) == set(own.circuit.projections)


def path_of(stem: str) -> Path:
    (path,) = (path for path in MODELS if path.stem == stem)
    return path


@pytest.mark.parametrize("path", PROTOCOLS, ids=name)
def test_a_protocol_makes_a_network_of_all_its_conditions(path: Path) -> None:
    protocol = load_protocol(path.stem)
    assert protocol == load_protocol(path)
    plan = make_plan(protocol.default_model(), protocol)
    rows = protocol.grid.rows
    assert plan.copies == len(rows) * protocol.repeats
    stimuli = [stimulus.model_dump() for phase in protocol.phases for stimulus in phase.stimuli]
    named = {s.get(k) for s in stimuli for k in ("population", "presynaptic", "postsynaptic")}
    axes = [protocol.conditions[word].values for word in named if word in protocol.conditions]
    aimed = {stimulus.get("projection") for stimulus in stimuli} - {None}
    axons = {protocol.default_model().circuit.projections[name].origin for name in aimed}
    forced = named.union(axons, *axes)
    for source in plan.network.sources:
        assert bool(source.ticks.size) == (source.name in forced)


@pytest.mark.parametrize("path", PROTOCOLS, ids=name)
def test_published_values_stand_beside_conditions_of_the_protocol(path: Path) -> None:
    protocol = load_protocol(path)
    for target in protocol.targets:
        if target.data:
            table = load_reference(target.data).table
            axes = [axis for axis in protocol.conditions if axis in table]
            assert {target.column, *target.rows} <= set(table.columns)
            assert not target.scored or (table[target.error] > 0).all()
            fit = protocol.measures[target.measure].kind == "exponential_fit"
            assert bool(axes) == (bool(protocol.conditions) and not fit)


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_a_table_says_what_it_is_and_where_from(path: Path) -> None:
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    keys = re.findall(r"\(key (\w+)\)", head[0] + head[1])
    assert keys
    assert set(keys) <= set(references())
    reference = load_reference(path.stem)
    for unit in reference.units.values():
        parse_unit(unit)
    assert not reference.table.empty
    assert not reference.table.isna().any(axis=None)
    assert not reference.table.duplicated().any()
    numbers = reference.table.select_dtypes("number")
    assert pd.notna(numbers).all(axis=None)


def test_every_reference_is_cited_somewhere() -> None:
    texts = [p.read_text() for p in (*MODELS, *PROTOCOLS, *NETWORKS, *TABLES)]
    for folder, ending in (("neurospine", "py"), ("docs", "md"), ("tools", "py"), ("data", "md")):
        texts += [p.read_text() for p in (ROOT / folder).rglob(f"*.{ending}")]
    texts += [p.read_text() for p in (ROOT / "README.md", ROOT / "CITATION.cff") if p.is_file()]
    cited = set(re.findall(r"\w+", "\n".join(texts)))
    dois = {
        reference.doi for reference in references().values() if reference.doi in "\n".join(texts)
    }
    unused = {key for key, r in references().items() if key not in cited and r.doi not in dois}
    assert unused == set()


def test_keys_are_first_author_and_year_and_dois_are_given_once() -> None:
    known = references()
    for key, reference in known.items():
        family = reference.authors.split(", ")[0].rsplit(" ", 1)[0]
        plain = re.sub("[^a-z]", "", family.lower().replace("ö", "o").replace("ä", "a"))
        assert re.fullmatch(f"{plain}(_[a-z]+)?{reference.year}[b-d]?", key)
    assert len({reference.doi for reference in known.values()}) == len(known)


@pytest.mark.parametrize("path", PROTOCOLS, ids=name)
def test_a_protocol_can_be_shown(path: Path) -> None:
    lines = list(describe_protocol(load_protocol(path)))
    assert len(lines) > 3
