"""The directive ``file-tables``: all tables and keys of every kind of file, from their schemas."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAliasType, Union, get_args, get_origin

from docutils import nodes
from pydantic.fields import FieldInfo
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from neurospine.description.entries import LibraryFile, ParameterEntry, SetEntry
from neurospine.description.parts import KINDS
from neurospine.description.protocol import Protocol
from neurospine.description.schema import Table
from neurospine.learning.dendritic.network import Network
from neurospine.learning.experiments.comparison import Comparison
from neurospine.learning.layered.network import LayeredNetwork
from neurospine.learning.spiking.network import SpikingNetwork

FILES: dict[str, type[Table]] = {
    **{kind: KINDS[kind] for kind in ("circuit", "neuron", "mechanism", "spine")},
    **KINDS,
    "network": Network,
    "layered": LayeredNetwork,
    "spiking_network": SpikingNetwork,
    "comparison": Comparison,
    "protocol": Protocol,
}
#: What begins every file, and is shown once.
COMMON = {"format", "kind", "name", "summary", "references", "parameters", "sets"}
WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "`true` or `false`"}


class FileTables(SphinxDirective):
    """Write the tables of all kinds of file out, each kind as a section."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return self.parse_text_to_nodes("\n".join(lines()), allow_section_headings=True)


def lines() -> Iterator[str]:
    """Yield the page as Markdown."""
    yield "## Every file\n"
    yield from _keys(LibraryFile, set())
    yield "\n### `[parameters.NAME]`\n"
    yield from _keys(ParameterEntry, set())
    yield "\n### `[sets.NAME]`\n"
    yield from _keys(SetEntry, set())
    for kind, table in FILES.items():
        yield f'\n## kind = "{kind}"\n'
        yield from _table(table, "", COMMON, set())


def _table(
    table: type[Table], path: str, leave_out: set[str], shown: set[type[Table]]
) -> Iterator[str]:
    """Yield a table with its keys, and then those within it that were not shown yet."""
    shown.add(table)
    yield f"{_said(table)}\n"
    yield from _keys(table, leave_out)
    for name, field in table.model_fields.items():
        if name not in leave_out:
            yield from _within(field.annotation, f"{path}{field.alias or name}", "[{}]", shown)


def _within(annotation: Any, path: str, brackets: str, shown: set[type[Table]]) -> Iterator[str]:
    """Yield the tables that a key may hold."""
    annotation = _bare(annotation)
    arguments = get_args(annotation)
    if inspect.isclass(annotation) and issubclass(annotation, Table):
        if annotation in shown:
            return
        kind = annotation.model_fields.get("kind")
        said = "".join(f", kind = {label}" for label in _labels(kind) if len(_labels(kind)) == 1)
        yield f"\n### `{brackets.format(path)}`{said}\n"
        yield from _table(annotation, f"{path}.", set(), shown)
    elif get_origin(annotation) is dict:
        yield from _within(arguments[1], f"{path}.NAME", brackets, shown)
    elif get_origin(annotation) is tuple:
        yield from _within(arguments[0], path, "[[{}]]", shown)
    elif _is_union(annotation):
        for each in arguments:
            yield from _within(each, path, brackets, shown)


def _said(table: type[Table]) -> str:
    """Return what the class says, without the errors that it raises."""
    text = inspect.cleandoc(table.__doc__ or "")
    return text.partition("\nRaises\n")[0].replace("``", "`").strip()


def _keys(table: type[Table], leave_out: set[str]) -> Iterator[str]:
    fields = {name: f for name, f in table.model_fields.items() if name not in leave_out}
    if not fields:
        return
    said = any(field.description for field in fields.values())
    yield "| key | value | default |" + " meaning |" * said
    yield "| --- | --- | --- |" + " --- |" * said
    for name, field in fields.items():
        row = f"| `{field.alias or name}` | {_words(field.annotation)} | {_default(field)} |"
        yield row + f" {field.description or ''} |" * said


def _bare(annotation: Any) -> Any:
    """Return an annotation without what pydantic checks besides."""
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _labels(field: FieldInfo | None) -> list[str]:
    return [f"`{label}`" for label in get_args(field.annotation)] if field else []


def _words(annotation: Any) -> str:
    """Return what a value may be, in words."""
    annotation = _bare(annotation)
    arguments = [each for each in get_args(annotation) if each not in (type(None), ...)]
    if inspect.isclass(annotation) and issubclass(annotation, Table):
        return "table"
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if get_origin(annotation) is dict:
        return f"by name: {_words(arguments[1])}"
    if get_origin(annotation) is tuple:
        return f"list of {', '.join(dict.fromkeys(map(_words, arguments)))}"
    if _is_union(annotation):
        return " or ".join(dict.fromkeys(map(_words, arguments)))
    name = getattr(annotation, "__name__", str(annotation))
    return WORDS.get(name, name)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    default = field.get_default(call_default_factory=True)
    if default in (None, "", (), {}) or isinstance(default, Table):
        return ""
    if isinstance(default, tuple):
        return ", ".join(f"`{each}`" for each in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the directive."""
    app.add_directive("file-tables", FileTables)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
