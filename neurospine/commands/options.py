"""Options that several commands have, and the model that they mean."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from neurospine.commands import completion
from neurospine.errors import ResultError

ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="CIRCUIT",
        help="Circuit to use instead of the protocol's own: name or path.",
        autocompletion=completion.circuits,
    ),
]
SpineName = Annotated[
    str | None,
    typer.Option(
        "--spine",
        metavar="SPINE",
        help="Spine model to use in every projection: name or path.",
        autocompletion=completion.spines,
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--parameters",
        metavar="SET",
        help="Named parameter set, instead of the protocol's; repeatable.",
        autocompletion=completion.parameter_sets,
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help='New value of a parameter, as in --set tau_plus="20 ms"; repeatable.',
        autocompletion=completion.values,
    ),
]
Disorders = Annotated[
    list[str] | None,
    typer.Option(
        "--disorder",
        metavar="NAME",
        help="A disorder that changes the model: name or path; repeatable.",
        autocompletion=completion.disorders,
    ),
]
BackendName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="cpp, cuda, cython or numpy (needs no compiler).",
        autocompletion=completion.backends,
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Fixes every random number.")]
Form = Annotated[
    str | None,
    typer.Option(
        metavar="FORM",
        help="Form of the rules: textbook, neuron_traces or folded (default: cheapest).",
        autocompletion=completion.forms,
    ),
]


def choose(
    model: str | None, spine: str | None, sets: list[str] | None, values: list[str] | None
) -> Any:
    """Return a function from a protocol to the model that the options mean."""

    def chosen_for(protocol: Any) -> Any:
        from neurospine.description.model import load_model

        if model:
            chosen = load_model(model, spine=spine)
            for label in sets or ():
                chosen = chosen.with_set(label)
        else:
            chosen = protocol.default_model(spine=spine, sets=sets)
        return chosen.with_parameters(dict(map(split, values or [])))

    return chosen_for


def split(text: str) -> tuple[str, str]:
    """Return name and value of ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ResultError(f"--set {text!r}: write NAME=VALUE, as in --set tau_plus='20 ms'")
    return name.strip(), value.strip()
