"""Every command on the pages is one that there is, with names that there are; cheap ones run."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from neurospine import Model, Protocol, load_disorder, load_protocol
from neurospine.cli import app
from neurospine.commands.learn import _valued
from neurospine.commands.options import choose
from neurospine.description.library import find_file, list_files
from neurospine.learning.experiments.experiment import load_experiment
from tests.docs.pages import PAGES, ROOT, blocks, named, write_file

COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
#: Files that commands before have left; what is in them is seen when the page is run.
RESULT = re.compile(r"[\w./-]+\.(?:h5|h5\.part|bib|csv)|[\w-]+-sweep|seeds|slopes|FILE")
#: Programs of others, and what a shell does by itself.
OTHERS = {"dask", "mkdir", "export", "cd", "git"}


def command_lines(page: Path) -> list[str]:
    shell = [line for b in blocks(page) if b.language in ("sh", "shell") for line in b.lines]
    scripts = [line for b in blocks(page) if b.text.startswith("#!") for line in b.lines]
    return shell + [line for line in scripts if line.startswith("neurospine ")]


def words_of(line: str) -> list[str]:
    """Return the words of a line, without a comment and what follows a ``>``."""
    words = shlex.split(line, comments=True)
    return list(itertools.takewhile(lambda word: word not in (">", "|"), words))


@pytest.fixture
def written(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the files that a page shows, and look for names among them."""
    found = [b for b in blocks(page) if b.language == "toml" and write_file(b.text, tmp_path)]
    if found:
        monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_are_there_with_their_options_and_names(page: Path, written: Path) -> None:
    for line in command_lines(page):
        words = words_of(line)
        program = words[0].removeprefix(".venv/bin/")
        if program == "neurospine":
            check_command(words[1:])
        elif program == "make":
            assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(), line
        elif program == "pip":
            check_extra(words)
        elif program == "python":
            module = f"{words[2].replace('.', '/')}" if words[1] == "-m" else words[1]
            there = [ROOT / module, ROOT / f"{module}.py"]
            assert any(path.exists() for path in there), line
        else:
            assert program in OTHERS, line


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_in_sentences_are_there_with_their_options(page: Path) -> None:
    sentences = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for line in re.findall(r"`(neurospine [^`]+)`", sentences):
        program, *words = shlex.split(line)[1:]
        if program in ("COMMAND", "--help", "--install-completion"):
            continue
        given = {o for p in COMMANDS[program].params for o in (*p.opts, *p.secondary_opts)}
        used = {word for word in words if re.match("--?[a-z]", word)}
        assert used <= {*given, "--help"}, line


def check_extra(words: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in re.findall(r"\[(\w+)\]", " ".join(words)):
        assert name in extras["optional-dependencies"]


def check_command(words: list[str]) -> None:
    """Parse a command line as the program does, and look up the names in it."""
    command = COMMANDS[words[0]]
    given = command.make_context(words[0], words[1:]).params
    match words[0]:
        case "run" | "sweep" if given.get("protocol"):
            check_run(given)
        case "show":
            check_shown(given)
        case "validate":
            for name in given["names"] or ():
                assert load_protocol(name).targets
        case "learn" if given.get("name"):
            load_experiment(given["name"], dict(map(_valued, given["set_"] or ())))
        case "check":
            assert all(name == "FILE" or Path(name).exists() for name in given["files"])
    for word in words[1:]:
        if word.endswith((".h5", ".part")):
            assert RESULT.fullmatch(word)


def check_run(given: dict[str, Any]) -> None:
    protocol = load_protocol(given["protocol"])
    assert isinstance(protocol, Protocol)
    chosen: Model = choose(given["model"], given["spine"], given["parameters"], given["set_"])(
        protocol
    )
    chosen.with_disorder(*given["disorder"] or ())
    axes = dict(text.split("=", 1) for text in given.get("over") or ())
    for name in axes.pop("disorder", "control").split(","):
        assert name == "control" or load_disorder(name)
    for name in axes.pop("set", "").split(","):
        assert not name or chosen.with_set(name)
    for name, values in axes.items():
        for value in values.split(","):
            chosen.with_parameters({name: value})


def check_shown(given: dict[str, Any]) -> None:
    folders = ("protocols", "models", "networks")
    known = {name for folder in folders for name in list_files(folder)}
    assert given["name"] in known or find_file(given["name"], "models")


@pytest.mark.slow
@pytest.mark.cpp
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_is_cheap_runs_in_the_order_of_the_page(page: Path, tmp_path: Path) -> None:
    """A comment before a block says why it is not run, or which of its commands are."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "PWD": str(tmp_path)}
    imports = ""
    for block in blocks(page):
        if block.language == "toml":
            write_file(block.text, tmp_path)
        elif block.language == "python":
            if block.unmarked:
                run([sys.executable, "-c", imports + block.text], tmp_path, environment)
            imports += "".join(
                re.findall(r"^(?:from \S+ )?import [^(]+?\n", block.text, re.MULTILINE)
            )
        for line in block.run if block.language in ("sh", "shell") else ():
            words = words_of(line)
            if words[0] == "export":
                name, value = words[1].split("=", 1)
                environment[name] = value.replace("$PWD", str(tmp_path))
            elif words[0] == "mkdir":
                run(words, tmp_path, environment)
            elif words[0].endswith("neurospine"):
                run([sys.executable, "-m", "neurospine", *words[1:]], tmp_path, environment)


def run(words: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-500:]}{done.stderr[-2000:]}"
