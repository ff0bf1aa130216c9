"""The pages are complete, what is generated is what it is made of, and examples are Python."""

from __future__ import annotations

import ast
import importlib
import re
import runpy
from pathlib import Path

import pytest
from typer.main import get_command

import neurospine
from neurospine.cli import app
from tests.docs.pages import PAGES, ROOT, blocks, named
from tools.check_links import problems

EXTENSIONS = ROOT / "docs" / "extensions"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_on_the_pages_imports_what_there_is(page: Path) -> None:
    for block in blocks(page):
        if block.language != "python":
            continue
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("neurospine"):
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_every_page_is_in_the_contents() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    contents = "\n".join(re.findall(r"^```\{toctree\}\n(.*?)^```", index, re.M | re.S))
    pages = {str(p.relative_to(ROOT / "docs").with_suffix("")) for p in PAGES[1:]}
    listed = {line for line in contents.splitlines() if line and not line.startswith(":")}
    assert {name for name in listed if not name.startswith("gallery")} == pages - {"index"}


def test_every_public_name_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text()
    described = set(re.findall(r"\.\. auto(?:function|class|exception):: (\w+)$", page, re.M))
    assert described == set(neurospine.__all__)


def test_the_validation_page_is_made_of_the_scorecard_that_is_there() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "write_validation_page.py"))
    assert tool["PAGE"].read_text() == tool["page"](), "run tools/write_validation_page.py"


def test_the_import_graph_is_that_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    graph = importlib.import_module("import_graph")
    sizes, imports = graph.read()
    assert imports["simulation", "description"] > imports["simulation", "results"] > 0
    assert imports["description", "simulation"] == 0
    drawn = graph.picture(sizes, imports)
    assert drawn.count("<rect") == len(sizes)
    assert drawn.count("<title") == len(imports)


def test_the_picture_of_imports_has_room_for_its_arcs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    graph = importlib.import_module("import_graph")
    drawn = graph.picture(*graph.read())
    width = float(re.search(r'viewBox="0 0 (\d+) ', drawn)[1])  # type: ignore[index]
    for start, first, second in re.findall(r"M(\d+),\d+ C(\d+),\d+ (\d+),\d+", drawn):
        assert float(first) == float(second)
        assert 0.25 * float(start) + 0.75 * float(first) < width


def test_options_without_a_value_name_none_in_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    commands = importlib.import_module("commands")
    parameters = get_command(app).commands["run"].params  # type: ignore[attr-defined]
    options = {p.name: commands._option(p) for p in parameters if p.param_type_name == "option"}
    assert options["verbose"] == "`-v`, `--verbose`"
    assert options["force"] == "`--force`"
    assert options["seed"] == "`--seed NUMBER`"


def test_links_are_checked(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text('<p id="here"></p>')
    (tmp_path / "index.html").write_text(
        '<a href="other.html#here"></a><a href="other.html#there"></a><a href="none.html"></a>'
        '<a href="http://example.org"></a><a href="https://example.org"></a>'
        '<script src="https://example.org/x.js"></script>'
    )
    assert [
        line.removeprefix("index.html: ").rpartition(": ")[0] for line in problems(tmp_path)
    ] == [
        "other.html#there",
        "none.html",
        "http://example.org",
        "https://example.org/x.js",
    ]
