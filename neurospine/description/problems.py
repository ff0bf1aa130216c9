"""What is wrong with a table, in words that name table, key, and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from neurospine.errors import MESSAGE, shorten, suggest

#: Problems of one table that a message names at most.
MOST_PROBLEMS = 5
#: The version of the format of files, `schema` in them (docs/releasing.md).
VERSION = 1
#: What a text is about in a protocol, by key; in a model file it names a parameter.
_EXAMPLES = {
    "a time such as '2 s'": (
        "duration tick record_every step spine_step every start stop spread lag lags lasting "
        "older_than before steady after bin at length interval first_interval second_interval"
    ),
    "a rate such as '10 Hz'": "rate",
    "a current such as '200 pA'": "amplitude",
    "a quantity such as '-20 mV'": "level",
    "a volume such as '0.02 um**3'": "detection smaller_than larger_than smallest largest",
    "a length such as '5 um'": "around from_distance to_distance bins",
}
_MEANT = {key: words for words, keys in _EXAMPLES.items() for key in keys.split()}
#: Keys of model files that name a parameter.
_PARAMETERS = frozenset(
    "delay delay_spread in_degree contacts extent length position peak rate diameter coupling "
    "capacitance axial_resistivity potential refractory reversal lowest highest additive "
    "multiplicative share time_constant".split()
)
#: Tables of model files whose values all name parameters.
_NAMING = frozenset({"receptors", "initial", "carries"})
#: What is wanted, by the problem that pydantic has; the others it says in words itself.
_WANTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "list_type": "a list",
    "tuple_type": "a list",
}
_TAGS = ("union_tag_invalid", "union_tag_not_found")

Problem = Any


def explain(problems: ValidationError, schema: type[BaseModel]) -> str:
    """Return the problems of one table as a sentence that names table, keys and what is wanted.

    Of several tables that are wrong it is the first, or one with a misspelt key.
    """
    versions = [p["input"] for p in problems.errors() if p["loc"] == ("schema",)]
    if versions:
        return _version(versions[0])
    # A misspelt key comes before the one that is missing because of it.
    listed = sorted(problems.errors(), key=lambda p: p["type"] != "extra_forbidden")
    tables = _place(listed[0])[0]
    # A value that may be of several types has a problem with each.
    here = {_place(p)[1]: p for p in reversed(listed) if _place(p)[0] == tables}
    keys = list(dict.fromkeys(_place(p)[1] for p in listed if _place(p)[0] == tables))
    elsewhere = len({(tuple(_place(p)[0]), _place(p)[1]) for p in listed}) - len(keys)
    sentences = _sentences([(key, here[key]) for key in keys], tables, schema)
    more = max(0, len(sentences) - MOST_PROBLEMS)
    text = "; ".join(sentences[:MOST_PROBLEMS])
    place = f"[{'.'.join(tables)}]: " if tables else ""
    ending = f" (and {more + elsewhere} more)" if more + elsewhere else ""
    return shorten(f"{place}{text}{ending}", MESSAGE)


def _version(found: Any) -> str:
    """Return what is wrong with the version of a file's format; other problems follow from it."""
    number = isinstance(found, int) and not isinstance(found, bool)
    if number and found > VERSION:
        return (
            f"schema = {found}: this file was made for a newer neurospine; this one reads schema "
            f"{VERSION} (pip install --upgrade neurospine)"
        )
    return f"schema = {shorten(repr(found))}: the version of the format is wanted, {VERSION}"


def _sentences(
    found: Sequence[tuple[str, Problem]], tables: list[str], schema: type[BaseModel]
) -> list[str]:
    """Return a sentence for each problem of a table; missing keys share one."""
    known = _keys(schema, tables)
    unknown = [key for key, problem in found if problem["type"] == "extra_forbidden"]
    hints = {key: suggest(key, known) for key in unknown}
    missing = [
        key
        for key, problem in found
        if problem["type"] == "missing" and f"Did you mean {key!r}?" not in hints.values()
    ]
    sentences = [f"unknown key {shorten(key)!r}. {hints[key]}" for key in unknown]
    if missing:
        names = " and ".join(filter(None, (", ".join(map(repr, missing[:-1])), repr(missing[-1]))))
        several = len(missing) > 1
        verb = "keys {} are missing" if several else "key {} is missing"
        sentences.append(f"the {verb.format(names)}")
    others = [item for item in found if item[1]["type"] not in ("extra_forbidden", "missing")]
    return sentences + [_sentence(key, problem, tables, schema) for key, problem in others]


def _sentence(key: str, problem: Problem, tables: list[str], schema: type[BaseModel]) -> str:
    """Return what is wrong with the value of a key."""
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        return f"{key}: {context['error']}"
    if problem["type"] in _TAGS:
        return _wrong_kind(problem, tables, schema)
    found = problem["input"]
    shown = "" if isinstance(found, dict) else f", found {shorten(repr(found))}"
    number = isinstance(found, int | float) and not isinstance(found, bool)
    if problem["type"] == "string_type" and number:
        wanted = _wanted(key, tables, schema)
        if wanted:
            return f"{key}: {wanted} is wanted{shown}"
    if problem["type"] in _WANTED:
        return f"{key}: {_WANTED[problem['type']]} is wanted{shown}"
    message = problem["msg"][0].lower() + problem["msg"][1:]
    if problem["type"] == "literal_error" and isinstance(found, str):
        hint = suggest(
            found, context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        )
        shown += f". {hint}" * hint.startswith("Did you mean")
    return f"{key}: {message}{shown}"


def _wanted(key: str, tables: list[str], schema: type[BaseModel]) -> str:
    """Return what a text is to hold where a number was given; nothing if it is any text."""
    if "phases" in schema.model_fields:
        return _MEANT.get(tables[-1] if key.isdecimal() and tables else key, "")
    parameter = key in _PARAMETERS or bool(tables and tables[-1] in _NAMING)
    return "the name of a parameter" if parameter else ""


def _wrong_kind(problem: Problem, path: list[str], schema: type[BaseModel]) -> str:
    """Return what is wrong with the `kind` that says which of several tables this is."""
    parts = [step for step in path if not step.isdecimal()]
    # [measures.NAME] is one of many measures; [plot] and [[phases.stimuli]] are called as they are.
    what = "measure" if parts[0] == "measures" else parts[-1]
    what = {"stimuli": "stimulus", "plot": "picture"}.get(what, what)
    kinds = sorted(filter(None, map(_kind, _choices(schema, path))))
    if problem["type"] == "union_tag_not_found":
        return f"the key 'kind' is missing. {suggest('', kinds)}"
    given = problem["ctx"]["tag"]
    return f"no {what} of kind {shorten(given)!r}. {suggest(given, kinds)}"


def _place(problem: Problem) -> tuple[list[str], str]:
    """Return the tables that a problem is in and its key."""
    path = [str(step) for step in problem["loc"]]
    # What a value might be instead, such as "str", is no key.
    while len(path) > 1 and (
        path[-1] in ("str", "int", "float", "constrained-int", "constrained-str") or "[" in path[-1]
    ):
        path.pop()
    if problem["type"] in _TAGS:
        return path, "kind"
    return (path[:-1], path[-1]) if path else ([], "")


def _keys(schema: Any, path: list[str]) -> list[str]:
    """Return the keys that the table at `path` of a schema may have."""
    choices = _choices(schema, path)
    return sorted({f.alias or n for c in choices for n, f in c.model_fields.items()})


def _choices(schema: Any, path: list[str]) -> list[type[BaseModel]]:
    """Return the classes that the table at `path` of a schema may be of."""
    choices = [schema]
    for step in path:
        found: list[Any] = []
        for choice in choices:
            fields = {f.alias or name: f for name, f in choice.model_fields.items()}
            if step in fields:
                found += _tables(fields[step].annotation)
            elif _kind(choice) == step:
                found.append(choice)
        choices = found or choices  # a number or a name within a list or table of tables
    return choices


def _kind(table: type[BaseModel]) -> str:
    """Return the `kind` that marks one of several tables, or an empty text."""
    field = table.model_fields.get("kind")
    return str(get_args(field.annotation)[0]) if field and get_args(field.annotation) else ""


def _tables(annotation: Any) -> list[type[BaseModel]]:
    """Return the table classes inside an annotation such as ``dict[str, X]`` or ``X | Y``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for inner in get_args(annotation) for table in _tables(inner)]
