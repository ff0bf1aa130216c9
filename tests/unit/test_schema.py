"""Tables are read strictly; errors name table and key and the nearest valid name."""

from __future__ import annotations

from typing import Any

import pytest

from neurospine import Protocol
from neurospine.description.parts import parse_part
from neurospine.errors import LibraryError, ModelError, NeurospineError, ProtocolError

HEAD = 'kind = "{kind}"\nname = "x"\nsummary = "x"\n'

PLASTICITY = HEAD.format(kind="plasticity") + (
    'drive = "additive"\n[synapse]\non_pre = "drive = a"\n'
    '[parameters]\na = { value = 1, unit = "1", meaning = "m", source = "assumed" }\n'
)
CIRCUIT = HEAD.format(kind="circuit") + (
    '[populations.cells]\nsize = 1\n[projections.pair]\nfrom = "cells"\nto = "cells"\n'
    'spine = "pair_stdp"\ndelay = "d"\nconnectivity = { rule = "one_to_one" }\n'
)


@pytest.mark.parametrize(
    ("text", "added", "place", "key", "nearest"),
    [
        (PLASTICITY, 'refrences = ["a"]', "", "refrences", "references"),
        (PLASTICITY, '[presynaptic]\nequation = ""', "[presynaptic]", "equation", "equations"),
        (PLASTICITY, '[parameters.b]\nvalu = 1', "[parameters.b]", "valu", "value"),
        (PLASTICITY, '[parameters.unit]\nvalue = 1\nsourse = ""', "[parameters.unit]",
         "sourse", "source"),
        (PLASTICITY, '[sets.s]\nfited_to = []', "[sets.s]", "fited_to", "fitted_to"),
        (PLASTICITY, '[folded]\ntime_konstant = ""', "[folded]", "time_konstant", "time_constant"),
        (CIRCUIT, '[populations.more]\nsiz = 1', "[populations.more]", "siz", "size"),
        (CIRCUIT, '[drives.d]\nrat = "r"', "[drives.d]", "rat", "rate"),
        (CIRCUIT, '[projections.pair.connectivity]\nindegree = "d"',
         "[projections.pair.connectivity]", "indegree", "in_degree"),
    ],
)  # fmt: skip
def test_an_unknown_key_names_the_nearest_one(
    text: str, added: str, place: str, key: str, nearest: str
) -> None:
    if added.startswith("["):
        text = text.replace('connectivity = { rule = "one_to_one" }\n', "") + added
    else:
        text = f"{added}\n{text}"
    with pytest.raises(ModelError) as caught:
        parse_part(text, "file.toml")
    # A misspelt key comes before the one that is missing because of it.
    message = f"unknown key {key!r}. Did you mean {nearest!r}?"
    assert str(caught.value).startswith(f"file.toml: {place}{': ' * bool(place)}{message}")


@pytest.mark.parametrize(
    ("path", "key", "nearest"),
    [
        ((), "step_", "step"),
        (("model",), "circuits", "circuit"),
        (("phases", 0), "durations", "duration"),
        (("phases", 0, "stimuli", 0), "intervall", "interval"),
        (("phases", 0, "stimuli", 1), "order_", "order"),
        (("conditions", "x"), "value", "values"),
        (("measures", "change"), "phaze", "phase"),
        (("measures", "fit"), "sides", "side"),
        (("targets", 0), "date", "data"),
        (("plot",), "brokenat", "broken_at"),
    ],
)
def test_an_unknown_key_of_a_protocol_names_the_nearest_one(
    tables: dict[str, Any], path: tuple[str | int, ...], key: str, nearest: str
) -> None:
    pair = {"presynaptic": "a", "postsynaptic": "b", "rate": "1 Hz", "count": 1}
    intervals = {"order": "pre_post_pre", "first_interval": "1 ms", "second_interval": "-1 ms"}
    tables["phases"][0]["stimuli"] = [
        {"kind": "pairing", "interval": "1 ms", **pair},
        {"kind": "triplet", **intervals, **pair},
    ]
    tables["conditions"] = {"x": {"values": [1], "meaning": "m"}}
    tables["measures"] = {
        "change": {"kind": "relative_change", "meaning": "m", "phase": "a"},
        "fit": {
            "kind": "exponential_fit",
            "meaning": "m",
            "of": "change",
            "axis": "x",
            "give": "amplitude",
        },
    }
    tables["targets"] = [
        {"phenomenon": "p", "measure": "change", "source": "assumed", "below": 0, "why": "w"}
    ]
    tables["plot"] = {"title": "t", "measure": "change", "x": "x"}
    Protocol(**tables)
    place: Any = tables
    for step in path:
        place = place[step]
    place[key] = 1
    with pytest.raises(ProtocolError) as caught:
        Protocol(**tables)
    message = str(caught.value)
    assert f"unknown key {key!r}. Did you mean {nearest!r}?" in message
    assert all(str(step) in message for step in path)


@pytest.mark.parametrize(
    ("line", "key", "place"),
    [
        (', source = "assumed"', "source", "[parameters.a]: "),
        ('unit = "1", ', "unit", "[parameters.a]: "),
        ('meaning = "m", ', "meaning", "[parameters.a]: "),
        ('drive = "additive"\n', "drive", ""),
        ('name = "x"\n', "name", ""),
    ],
)
def test_a_missing_key_is_named(line: str, key: str, place: str) -> None:
    assert line in PLASTICITY
    with pytest.raises(ModelError) as caught:
        parse_part(PLASTICITY.replace(line, ""), "file.toml")
    assert str(caught.value) == f"file.toml: {place}the key {key!r} is missing"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("value = 1", 'value = "16.8 ms"', ("[parameters.a]", "value", "16.8 ms")),
        ("value = 1", "value = [1]", ("[parameters.a]", "value")),
        ("value = 1", "value = true", ("[parameters.a]", "value")),
        ("value = 1", 'value = "1"', ("[parameters.a]", "value")),
        ('meaning = "m"', "meaning = 3", ("[parameters.a]", "meaning", "text", "3")),
        ('"additive"', '"aditive"', ("drive", "'additive' or 'multiplicative'", "aditive")),
        ('on_pre = "drive = a"', "on_pre = 1", ("[synapse]", "on_pre")),
        ('name = "x"', "name = []", ("name", "text")),
        ('name = "x"', 'name = "x"\nreferences = "pfister2006"', ("references",)),
        ('name = "x"', 'name = "x"\nschema = 2', ("schema", "1", "2")),
        ('name = "x"', 'name = "x"\nsynapse_ = ' + "[0" + ",0" * 9000 + "]", ("synapse_",)),
    ],
)  # fmt: skip
def test_a_wrong_type_names_table_key_and_what_was_found(
    old: str, new: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(ModelError) as caught:
        parse_part(PLASTICITY.replace(old, new), "file.toml")
    message = str(caught.value)
    assert message.startswith("file.toml: ")
    assert all(word in message for word in words)
    assert len(message) < 500


def test_a_long_wrong_value_is_not_repeated_in_full() -> None:
    text = PLASTICITY.replace('name = "x"', "name = [" + "0," * 9000 + "]")
    with pytest.raises(ModelError) as caught:
        parse_part(text, "file.toml")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", ['"plasticty"', "3", "[]", "{}", '["plasticity"]', "1979-05-27"])
def test_an_unknown_kind_of_file_is_refused(kind: str) -> None:
    with pytest.raises(ModelError, match=r"^file\.toml: kind"):
        parse_part(PLASTICITY.replace('"plasticity"', kind), "file.toml")


@pytest.mark.parametrize(
    "text",
    ["a = ", "a = 1\na = 2", "[a\n", "a = " + "[" * 5000, "a = " + "9" * 5000, "a = 2024-13-45",
     "\x00", "a = 0x" + "f" * 10**5],
    ids=["value", "twice", "table", "nested", "digits", "date", "zero", "hexadecimal"],
)  # fmt: skip
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(NeurospineError, match=r"^file\.toml: ") as caught:
        parse_part(text, "file.toml")
    assert isinstance(caught.value, LibraryError | ModelError)
