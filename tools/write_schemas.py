"""Write the JSON Schemas of files (neurospine/schemas) from the classes that read them.

    python tools/write_schemas.py

Draft 7, which editors for TOML understand. A table that may be of several kinds asks for the keys
of the kind that it names, so that a mistake is reported where it is.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from neurospine.description.parts import KINDS
from neurospine.description.protocol import Protocol
from neurospine.description.schema import Table
from neurospine.learning.dendritic.network import Network
from neurospine.learning.experiments.comparison import Comparison
from neurospine.learning.layered.network import LayeredNetwork
from neurospine.learning.spiking.network import SpikingNetwork

FOLDER = Path(__file__).parents[1] / "neurospine" / "schemas"
MEANINGS = tomllib.loads(Path(__file__).with_name("key_meanings.toml").read_text(encoding="utf-8"))
DRAFT = "http://json-schema.org/draft-07/schema#"
#: The files, with the classes that they are for by kind.
FILES: dict[str, tuple[str, Mapping[str, type[BaseModel]]]] = {
    "model": ("A model file of neurospine: a circuit, neuron, part of a spine or disorder.", KINDS),
    "protocol": ("A protocol of neurospine.", {"protocol": Protocol}),
    "network": (
        "A network that learns, or a comparison of networks.",
        {
            "network": Network,
            "layered": LayeredNetwork,
            "spiking_network": SpikingNetwork,
            "comparison": Comparison,
        },
    ),
}
#: Kinds that may name a base, and then hold only what differs from it.
WITH_BASE = ("network", "layered")
Schema = dict[str, Any]


def file_schema(summary: str, kinds: Mapping[str, type[BaseModel]]) -> Schema:
    """Return the schema of a kind of file."""
    definitions: Schema = {}
    for kind, table in kinds.items():
        made = table.model_json_schema(by_alias=True)
        inner = made.pop("$defs", {})
        if kind in WITH_BASE:
            made, inner = without_required(made), without_required(inner)
        for name, found in inner.items():
            table_schema = tidy(found, name)
            if definitions.setdefault(name, table_schema) != table_schema:
                raise ValueError(f"two tables are called {name}")
        definitions[kind] = tidy(made, table.__name__)
        required = {"kind", *definitions[kind].get("required", ())}
        definitions[kind]["required"] = sorted(required)
    return {
        "$schema": DRAFT,
        "title": "neurospine",
        "description": summary,
        **by_kind({kind: f"#/definitions/{kind}" for kind in kinds}),
        "definitions": dict(sorted(definitions.items())),
    }


def by_kind(kinds: Mapping[str, str], usual: str | None = None) -> Schema:
    """Return the schema of a table whose `kind` says which of several it is; `usual` without it.

    Editors that do not follow ``if`` find the keys in ``anyOf``, which forbids nothing.
    """
    cases = []
    for kind, place in kinds.items():
        named: Schema = {"properties": {"kind": {"const": kind}}}
        if kind != usual:
            named["required"] = ["kind"]
        cases.append({"if": named, "then": {"$ref": place}})
    return {
        "type": "object",
        "properties": {"kind": {"enum": list(kinds), "description": MEANINGS["any"]["kind"]}},
        **({} if usual else {"required": ["kind"]}),
        "allOf": cases,
        "anyOf": [{}, *({"$ref": place} for place in kinds.values())],
    }


def tidy(schema: Any, owner: str) -> Any:
    """Return what pydantic makes as draft 7, with meanings of keys and without what TOML lacks."""
    if isinstance(schema, list):
        return [tidy(item, owner) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "oneOf" in schema:
        return by_kind(*kinds_of(schema))
    made = {
        key: tidy(value, owner)
        for key, value in schema.items()
        if key not in ("title", "discriminator") and not (key == "default" and value is None)
    }
    if "properties" in schema:
        made["properties"] = {
            key: {**tidy(value, owner), **described(owner, key)}
            for key, value in schema["properties"].items()
        }
    if "$ref" in schema:
        made = {"$ref": f"#/definitions/{schema['$ref'].rpartition('/')[2]}"}
    if "prefixItems" in made:
        made["items"], made["additionalItems"] = made.pop("prefixItems"), False
    if "anyOf" in made:
        found = [item for item in made.pop("anyOf") if item != {"type": "null"}]
        made = {**made, **(found[0] if len(found) == 1 else {"anyOf": found})}
    if "description" in schema and isinstance(schema["description"], str):
        made["description"] = prose(schema["description"])
    return made


def kinds_of(schema: Schema) -> tuple[dict[str, str], str | None]:
    """Return the kinds that a table of several may be of, with their definitions, and the usual."""
    tables = {table.__name__: table for table in below(Table)}
    kinds, usual = {}, None
    for item in schema["oneOf"]:
        name = item["$ref"].rpartition("/")[2]
        field = tables[name].model_fields["kind"]
        (kind,) = field.annotation.__args__
        kinds[kind] = f"#/definitions/{name}"
        usual = kind if field.default == kind else usual
    return kinds, usual


def below(table: type[Table]) -> list[type[Table]]:
    """Return a class of tables and all that are made of it."""
    return [table, *(t for further in table.__subclasses__() for t in below(further))]


def described(owner: str, key: str) -> Schema:
    """Return the meaning of a key in a table, or in one that the table is made of."""
    tables = {table.__name__: table for table in below(Table)}
    for table in tables[owner].__mro__ if owner in tables else ():
        if key in MEANINGS.get(table.__name__, {}):
            return {"description": MEANINGS[table.__name__][key]}
    return {"description": MEANINGS["any"][key]} if key in MEANINGS["any"] else {}


def prose(docstring: str) -> str:
    """Return what a docstring says about a table."""
    text = re.split(r"\n\n(?:Raises|Attributes|Notes)\n", docstring)[0]
    return text.replace("``", "`").strip()


def without_required(schema: Any) -> Any:
    """Return a schema in which every key may be left out."""
    if isinstance(schema, list):
        return [without_required(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {k: v for k, v in schema.items() if not (k == "required" and isinstance(v, list))}
    return {key: without_required(value) for key, value in kept.items()}


def schemas() -> dict[str, str]:
    """Return the text of every file, by name."""
    return {
        f"{name}.json": json.dumps(file_schema(*about), indent=1, ensure_ascii=False) + "\n"
        for name, about in FILES.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
