"""What `list`, `show` and `check` print of networks that learn, and of comparisons of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from neurospine.description.library import display, find_file, list_files, parse_toml, read_text
from neurospine.description.references import references
from neurospine.errors import LearningError, NeurospineError
from neurospine.learning.base import with_base
from neurospine.learning.experiments.comparison import Comparison, load_comparison
from neurospine.learning.kinds import load_learner
from neurospine.listing_tables import Listing

#: What is said of a file before its tables, or stands elsewhere.
_HEAD = ("schema", "kind", "name", "summary", "references", "base", "source", "where", "layers")


def network_tables(broken: list[str]) -> dict[str, Listing]:
    """Return tables of the networks and comparisons there are, by kind; JAX is not needed.

    What is wrong with files that cannot be read goes to `broken`.
    """
    networks = Listing("\nNetworks that learn", "name", "what it is", "data")
    comparisons = Listing("\nComparisons of networks", "name", "what is compared", "data")
    for name, path in sorted(list_files("networks").items()):
        try:
            table = with_base(parse_toml(read_text(path), display(path)), display(path))
            row = (name, str(table["summary"]), str(table["data"]))
        except NeurospineError as error:
            broken.append(str(error))
        except KeyError as key:
            broken.append(f"{display(path)}: the key {key} is missing")
        else:
            (comparisons if table.get("kind") == "comparison" else networks).add(*row)
    return {"network": networks, "comparison": comparisons}


def describe_network(path: Path) -> Iterator[RenderableType]:
    """Yield what there is to say about a network or a comparison."""
    if parse_toml(read_text(path), display(path)).get("kind") == "comparison":
        yield from _describe_comparison(load_comparison(path))
        return
    network = _loaded(path)
    yield Text(f"{network.name} (network): {network.summary}", style="bold")
    files = list(_files(path))
    for table, origin in files:
        yield Text(_origin(table, origin))
    sources = _sources(files)
    settings = Listing("\nSettings", "name", "value", "source", lead=3)
    values = network.model_dump(by_alias=True, exclude_none=True)
    for key, value in values.items():
        if key not in _HEAD:
            _add(settings, key, value, sources)
    yield settings
    if "layers" not in values:
        return
    layers = Listing("\nLayers", "layer", "projection", "rule", "values", "source", lead=3)
    for label, layer in values["layers"].items():
        cells = {key: value for key, value in layer.items() if key != "projections"}
        _add_row(layers, label, "", cells, sources, f"layers.{label}")
        for name, projection in layer.get("projections", {}).items():
            place = f"layers.{label}.projections.{name}"
            _add_row(layers, "", name, projection, sources, place)
    yield layers


def check_network_file(path: Path) -> str:
    """Check a network or a comparison and all that it builds on; return what to say of it.

    Raises
    ------
    NeurospineError
        If something is wrong.
    """
    if parse_toml(read_text(path), display(path)).get("kind") == "comparison":
        comparison = load_comparison(path)
        name, said = comparison.name, f"ok, methods: {', '.join(comparison.methods)}"
    else:
        network = _loaded(path)
        name, said = network.name, f"ok, {network.inputs} inputs, {network.classes} classes"
        for table, origin in _files(path):
            for key in table.get("references", ()):
                if key not in references():
                    raise LearningError(f"{origin}: references: {key!r} is not a publication")
    if name != path.stem:
        raise LearningError(
            f"{display(path)}: the name inside is {name!r}; it must agree with the file's, "
            f"{path.stem!r}"
        )
    return said


def _loaded(path: Path) -> Any:
    """Return a network; what needs JAX to be checked says so where it is missing."""
    try:
        return load_learner(path)
    except ModuleNotFoundError as error:
        raise LearningError(
            f"{display(path)}: {error.name} is not installed, and checks of this file take it: "
            "pip install 'neurospine[learning]'"
        ) from None


def _describe_comparison(comparison: Comparison) -> Iterator[RenderableType]:
    """Yield what a comparison trains."""
    yield Text(f"{comparison.name} (comparison): {comparison.summary}", style="bold")
    yield Text(_origin(comparison.model_dump(), "values of methods"))
    settings = Listing("\nSettings", "name", "value", lead=2)
    for key in ("data", "training", "samples", "seeds", "control", "accuracy"):
        value = getattr(comparison, key)
        if value is not None:
            settings.add(key, str(value))
    yield settings
    methods = Listing("\nMethods", "name", "network", "values", lead=2)
    for name, method in comparison.methods.items():
        methods.add(name, method.network, _pairs(method.values))
    yield methods


def _files(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the table of a file and of those that it builds on, with their names."""
    while True:
        table = parse_toml(read_text(path), display(path))
        yield table, display(path)
        if "base" not in table:
            return
        path = find_file(table["base"], "networks")


def _origin(table: Mapping[str, Any], origin: str) -> str:
    """Return where the numbers of a file are from, in words."""
    known = references()
    source = str(table["source"])
    text = str(known[source]) if source in known else source
    where = f" ({table['where']})" if table.get("where") else ""
    return f"{origin}: {text}{where}"


def _sources(files: list[tuple[dict[str, Any], str]]) -> dict[str, str]:
    """Return the source of every value by its path: that of the topmost file that has it."""
    found: dict[str, str] = {}

    def note(table: Mapping[str, Any], path: str, source: str) -> None:
        for key, value in table.items():
            inner = f"{path}.{key}" if path else key
            if isinstance(value, dict):
                note(value, inner, source)
            else:
                found.setdefault(inner, source)

    for table, _ in files:
        note(table, "", str(table["source"]))
    return found


def _add(listing: Listing, path: str, value: Any, sources: Mapping[str, str]) -> None:
    """Add a value, or those of a table, each with where it is from."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _add(listing, f"{path}.{key}", inner, sources)
    else:
        listing.add(path, _word(value), sources.get(path, "default"))


def _add_row(
    listing: Listing, layer: str, name: str, table: Mapping[str, Any], sources: Mapping[str, str],
    path: str,
) -> None:  # fmt: skip
    """Add the values of a layer or projection as one row, with the sources they are from."""
    given: dict[str, list[str]] = {}
    for key in table:
        if f"{path}.{key}" in sources:
            given.setdefault(sources[f"{path}.{key}"], []).append(key)
    origins = [f"{origin} ({', '.join(keys)})" for origin, keys in given.items()]
    values = {key: value for keys in given.values() for key, value in table.items() if key in keys}
    values.pop("rule", None)
    said = ", ".join(origins if len(given) > 1 else given)
    listing.add(layer, name, str(table.get("rule", "")), _pairs(values), said)


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_word(value)}" for key, value in values.items())


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
