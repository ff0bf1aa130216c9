"""The directive ``commands``: every command with its help, arguments and options."""

from __future__ import annotations

import inspect
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from typer.main import get_command

from neurospine.cli import app


class Commands(SphinxDirective):
    """Write all commands out, each as a section."""

    def run(self) -> list[nodes.Node]:
        """Return the sections, parsed from the text that the terminal shows."""
        commands = get_command(app).commands  # type: ignore[attr-defined]
        text = "\n".join(_section(name, command) for name, command in commands.items())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    words = " ".join(["neurospine", name, "[OPTIONS]", *map(_usage, arguments)])
    rows = [(f"`{_name(p)}`", _meaning(p)) for p in arguments]
    rows += [(_option(p), _meaning(p)) for p in options]
    lines = [f"## {name}", "", f"```\n{words}\n```", "", inspect.cleandoc(command.help or ""), ""]
    lines += ["| argument or option | meaning |", "| --- | --- |"]
    lines += [f"| {first} | {second} |" for first, second in rows]
    return "\n".join([*lines, ""])


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name).upper()


def _usage(argument: Any) -> str:
    name = _name(argument)
    several = "…" if argument.nargs == -1 and "…" not in name else ""
    return f"{name}{several}" if argument.required else f"[{name}{several}]"


def _option(option: Any) -> str:
    spelled = [*option.opts, *option.secondary_opts]
    value = "" if option.is_flag or option.count else f" {_name(option)}"
    return ", ".join(f"`{each}{value}`" for each in spelled)


def _meaning(parameter: Any) -> str:
    said = " ".join((parameter.help or "").split())
    default = parameter.default
    if default in (None, False) or callable(default) or parameter.param_type_name == "argument":
        return said
    return f"{said} Default: `{default}`."


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the directive."""
    app.add_directive("commands", Commands)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
