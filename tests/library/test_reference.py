"""The page of tables and keys names all there are, and its examples are right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurospine import Model, Protocol
from neurospine.description.composition import check_alone
from neurospine.description.measure_tables import MeasureTable
from neurospine.description.parts import KINDS, PartSource, parse_part
from neurospine.description.picture_tables import Picture
from neurospine.description.roles import ROLES
from neurospine.description.schema import Table
from neurospine.description.spine_loading import load_spine
from neurospine.description.stimuli import Stimulus
from neurospine.learning.experiments.comparison import parse_comparison
from neurospine.learning.kinds import parse_learner
from neurospine.simulation.plan import make_plan

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "files.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(schema.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def below(table: type[Table]) -> Iterator[type[Table]]:
    """Yield a class of tables and all that are made of it."""
    yield table
    for further in table.__subclasses__():
        yield from below(further)


#: Those whose names begin with an underscore are of no file that users write.
TABLES = [table for table in below(Table) if not table.__name__.startswith("_")]


def own_keys(table: type[Table]) -> set[str]:
    """Return the keys that a class adds to those it is made of."""
    fields = table.model_fields
    return {fields[n].alias or n for n in table.__annotations__ if n in fields}


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_is_on_the_page(table: type[Table]) -> None:
    code = re.findall(r"`[^`\n]+`", PAGE)
    assert own_keys(table) - words(" ".join([*code, *EXAMPLES])) == set()


def test_every_kind_has_a_row_with_its_keys() -> None:
    stimuli = Stimulus.__args__[0].__args__  # type: ignore[attr-defined]
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for table in (*below(MeasureTable), *below(Picture), *stimuli):
        kind = table.model_fields.get("kind")
        if kind is None:
            continue
        (label,) = kind.annotation.__args__  # type: ignore[union-attr]
        named = [row for row in rows if f"`{label}`" in row.split("|")[1]]
        keys = own_keys(table) - {"kind"}
        assert any(keys <= words(row) for row in named), (label, keys)
    for label in (*KINDS, "protocol"):
        assert f"`{label}`" in PAGE


def test_every_role_has_a_row_with_its_meaning() -> None:
    for role, meaning in ROLES.items():
        assert f"| `{role}` | {meaning} |" in PAGE


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: str(tomllib.loads(text)["name"]))
def test_the_examples_are_right(text: str) -> None:
    kind = tomllib.loads(text)["kind"]
    if kind == "protocol":
        protocol = Protocol.from_text(text)
        make_plan(protocol.default_model(), protocol)
    elif kind == "circuit":
        Model.from_text(text)
    elif kind in ("network", "layered", "spiking_network"):
        parse_learner(text, "<example>")
    elif kind == "comparison":
        parse_comparison(text, "<example>")
    else:
        part = parse_part(text, "<example>")
        check_alone(part, "<example>")
        if kind == "spine":
            load_spine(part, "<example>", PartSource(), {})


def test_the_readme_leads_to_the_page() -> None:
    assert "docs/files.md" in (ROOT / "README.md").read_text()
    assert {tomllib.loads(text)["kind"] for text in EXAMPLES} == {
        "circuit", "neuron", "mechanism", "spine", "plasticity", "gate", "neighbours", "geometry",
        "neuromodulator", "disorder", "network", "layered", "spiking_network", "comparison",
        "protocol",
    }  # fmt: skip
