"""How commands behave among others: help, exit status, colours, pipes, messages, old files."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import neurospine
from neurospine import NeurospineError, Protocol
from neurospine.cli import app

Command = Callable[..., Any]
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
ESCAPE = "\x1b"


@pytest.fixture
def quiet_again() -> Iterator[None]:
    """Put the level of messages back."""
    logger = logging.getLogger("neurospine")
    before, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(before)
    logger.handlers[:] = handlers


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_by_an_example_that_there_is(name: str) -> None:
    text = COMMANDS[name].help
    examples = re.findall(rf"`(neurospine {name}\b.*?)`", text.replace("\n", " "))
    assert examples
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    for example in examples:
        used = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", example))
        assert used <= options, example


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_and_options_are_called_the_same(name: str) -> None:
    letters = {"-o": "--output", "-v": "--verbose"}
    for parameter in COMMANDS[name].params:
        assert getattr(parameter, "help", ""), parameter.name
        for letter, word in letters.items():
            assert (letter in parameter.opts) <= (word in parameter.opts)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_names_a_type_only_beside_options_that_take_a_value(
    name: str, command: Callable[..., Any]
) -> None:
    assert "<bool>" not in command(*name.split(), "--help").out


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--version",), 0),
        (("list", "gates"), 0),
        (("lst",), 2),
        (("list", "gats"), 2),
        (("run", "--seed", "x"), 2),
        (("run", "nothing_of_the_kind"), 2),
        (("check", "missing.toml"), 2),
        (("doctor", "--backend", "missing"), 2),
    ],
)
def test_exit_status(command: Command, words: tuple[str, ...], status: int) -> None:
    assert command(*words).status == status


def test_the_page_of_commands_names_them_all_and_every_exit_status(shipped: Path) -> None:
    page = (shipped / "docs" / "commands.md").read_text()
    for name in COMMANDS:
        assert f"`neurospine {name}" in page, name
    for status in (0, 1, 2, 130):
        assert f"| {status} |" in page
    package = Path(neurospine.__file__).parent
    sources = [path for path in package.rglob("*") if path.suffix in (".py", ".cpp", ".h")]
    asked = r'(?:environ\.get\(|envvar=|getenv\()\s*"(NEUROSPINE_\w+)"'
    variables = {name for path in sources for name in re.findall(asked, path.read_text())}
    assert len(variables) >= 4
    assert {name for name in variables if f"`{name}`" not in page} == set()


def test_nothing_that_is_piped_has_escape_codes(command: Command) -> None:
    for words in (("list", "gates"), ("list", "gats"), ("run", "--help"), ("lst",)):
        done = command(*words)
        assert ESCAPE not in done.out + done.err


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_colours_are_for_terminals_that_want_them(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    """Run in a terminal of its own: what comes out of it is what a person would see."""
    pty = pytest.importorskip("pty")
    terminal, inside = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-m", "neurospine", "new", "gat", "mine"], cwd=tmp_path,
        env={**clean, "TERM": "xterm-256color", **variables}, stdout=inside, stderr=inside,
    )  # fmt: skip
    os.close(inside)
    said = b""
    try:
        while piece := os.read(terminal, 4096):
            said += piece
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    assert process.wait() == 2
    assert b"Did you mean 'gate'?" in said
    assert (re.search(rb"\x1b\[[0-9;]*3[0-9]m", said) is not None) == (not variables)


def test_messages_are_for_those_who_ask(
    command: Command, tiny_text: str, quiet_again: None
) -> None:
    Path("tiny.toml").write_text(tiny_text)
    told = command("run", "tiny.toml", "--backend", "numpy", "-v").err
    assert "simulation.running: running 50 steps, 2 copies of the circuit" in told
    assert "writing tiny.h5" in told
    assert "description.library" not in told
    told = command("check", "tiny.toml", "-vv").err
    assert "description.library: models triplet: " in told
    assert "description.library" in command("-vv", "check", "tiny.toml").err
    assert command("check", "tiny.toml").err == ""


def test_the_library_says_nothing_by_itself() -> None:
    logger = logging.getLogger("neurospine")
    assert any(isinstance(handler, logging.NullHandler) for handler in logger.handlers)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("schema = 2", "schema = 2: this file was made for a newer neurospine"),
        ("schema = 0", "schema = 0: the version of the format is wanted, 1"),
        ('schema = "1"', "schema = '1': the version of the format is wanted, 1"),
    ],
)
def test_a_file_of_another_version_is_said_to_be_one(line: str, said: str) -> None:
    text = f'{line}\nkind = "protocol"\nname = "p"\nfuture = 1\n'
    with pytest.raises(NeurospineError) as raised:
        Protocol.from_text(text)
    assert said in str(raised.value)
    assert "future" not in str(raised.value)  # which follows from the version
