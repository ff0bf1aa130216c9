"""JSON Schemas for editors: what the classes give now, right for all files, and of use."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neurospine.description.library import shipped_folder

ROOT = shipped_folder()
FOLDERS = {"model": "models", "protocol": "protocols", "network": "networks"}
FILES = [
    (schema, path)
    for schema, folder in FOLDERS.items()
    for path in sorted((ROOT / folder).rglob("*.toml"))
]
LEAKY = ROOT / "models/neurons/leaky.toml"
WINDOW = ROOT / "protocols/plasticity/stdp_window.toml"


@cache
def validator(name: str) -> jsonschema.Draft7Validator:
    schema = json.loads((ROOT / f"neurospine/schemas/{name}.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def problems(name: str, table: Any) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in validator(name).iter_errors(table)]


def changed(path: Path, old: str, new: str) -> dict[str, Any]:
    text = path.read_text()
    assert old in text
    return tomllib.loads(text.replace(old, new, 1))


def test_shipped_schemas_are_what_the_classes_give() -> None:
    place = ROOT / "tools/write_schemas.py"
    spec = importlib.util.spec_from_file_location("write_schemas", place)
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, text in tool.schemas().items():
        assert (tool.FOLDER / name).read_text() == text, "run tools/write_schemas.py"


def test_all_files_of_the_library_are_right_by_them() -> None:
    wrong = {str(path): problems(name, tomllib.loads(path.read_text())) for name, path in FILES}
    assert {path: found for path, found in wrong.items() if found} == {}
    assert len(wrong) > 100


@pytest.mark.parametrize(
    ("name", "path", "old", "new", "said"),
    [
        ("model", LEAKY, "threshold", "treshold", "'treshold' was unexpected"),
        ("model", LEAKY, 'kind    = "neuron"', 'kind = "neuro"', "$.kind: 'neuro' is not one of"),
        ("model", LEAKY, 'summary = "', 'sumary = "', "'summary' is a required property"),
        ("model", LEAKY, 'unit = "ms"', "unit = 3", "3 is not of type 'string'"),
        ("model", LEAKY, 'method     = "exact"', 'method = "exakt"', "'exakt' is not"),
        ("model", LEAKY, "schema  = 1", "schema = 2", "1 was expected"),
        ("protocol", WINDOW, "[[phases]]", "[[phase]]", "'phase' was unexpected"),
        ("protocol", WINDOW, 'kind         = "pairing"', 'kind = "pairng"',
         "$.phases[0].stimuli[0].kind: 'pairng' is not one of"),
        ("protocol", WINDOW, "presynaptic  =", "presynaptc =", "'presynaptc' was unexpected"),
        ("protocol", WINDOW, "count        =", "cnt =", "'count' is a required property"),
    ],
)  # fmt: skip
def test_common_mistakes_are_found_where_they_are(
    name: str, path: Path, old: str, new: str, said: str
) -> None:
    assert any(said in problem for problem in problems(name, changed(path, old, new)))


def test_keys_say_what_they_mean() -> None:
    schemas = [validator(name).schema for name in ("model", "protocol")]
    tables = [t for s in schemas for t in s["definitions"].values() if "properties" in t]
    keys = [key for table in tables for key in table["properties"].values()]
    described = [key for key in keys if "description" in key]
    assert len(described) > 0.9 * len(keys)
    assert all("description" in table for table in tables)


def test_the_checkout_tells_editors_of_them() -> None:
    rules = tomllib.loads((ROOT / ".taplo.toml").read_text())["rule"]
    assert {rule["schema"]["path"] for rule in rules} == {
        f"neurospine/schemas/{name}.json" for name in FOLDERS
    }
