"""Go on with a run that was cut off, from what its folder says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neurospine.description.disorder import Disorder
from neurospine.description.model import Model
from neurospine.description.parameters import Parameters
from neurospine.description.protocol import Protocol
from neurospine.errors import ResultError, shorten
from neurospine.results.info import RunInfo
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.provenance import same_program

_KINDS = ("models", "protocols", "inputs", "edges", "disorders")


def recorded_protocol(info: RunInfo) -> Protocol:
    """Return the protocol of a run, from its own text."""
    texts = _texts(info.files)
    name = str(info.attributes["protocol"])
    text = _known(texts["protocols"], name)
    origin = f"<{name}>"
    inputs, disorders = texts["inputs"], texts["disorders"]
    return Protocol.from_text(text, origin=origin, inputs=inputs, disorders=disorders)


def recorded_model(info: RunInfo) -> Model:
    """Return the model of a run, from its own texts and parameter values."""
    texts = _texts(info.files)
    parts = texts["models"]
    circuit = _known(parts, str(info.attributes["model"]))
    del parts[str(info.attributes["model"])]
    spine = str(info.attributes["spine"]) or None
    model = Model.from_text(circuit, parts=parts, spine=spine, edges=texts["edges"])
    entries = dict(model.control.entries)
    names = str(info.attributes.get("disorders", "")).split()
    keys = [f"{'control_' * bool(names)}{key}" for key in ("value", "source", "where")]
    columns = (info.parameters[key] for key in ("name", *keys))
    for name, value, source, where in zip(*columns, strict=True):
        entries[name] = _known(entries, name).with_value(float(value), source, where)
    chosen = tuple(str(info.attributes["parameter_sets"]).split())
    model = replace(model, control=Parameters(entries), chosen_sets=chosen)
    return model.with_disorder(
        *(Disorder.from_text(_known(texts["disorders"], name), f"<{name}>") for name in names)
    )


def check_same_program(info: RunInfo, folder: Path) -> None:
    """Check that a run would be gone on with by the same program.

    Raises
    ------
    ResultError
        If it would not go on to the same bits, because it was begun with another
        version or on another type of machine.
    """
    now = same_program()
    for name, value in now.items():
        if info.attributes.get(name) != value:
            raise ResultError(
                f"{folder}: was begun with {name} {info.attributes.get(name)}, this is {value}; it "
                "would not go on to the same result. Keep what it has with 'neurospine recover'"
            )


def plan_again(info: RunInfo) -> Plan:
    """Return the plan of a run that is to be resumed."""
    form = str(info.attributes["form"]) or None
    return make_plan(
        recorded_model(info),
        recorded_protocol(info),
        seed=int(info.attributes["seed"]),
        form=form,  # type: ignore[arg-type]
    )


def _known[Value](found: Mapping[str, Value], name: str) -> Value:
    """Return what a run has under a name, which in a damaged one may be nothing."""
    if name not in found:
        raise ResultError(f"the run is damaged: it has nothing called {shorten(name)!r}")
    return found[name]


def _texts(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    for path, text in files.items():
        kind, _, name = path.partition("/")
        found.setdefault(kind, {})[name] = text
    return found
