"""The package as a whole: who imports whom, how long files are, what the README promises."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurospine
from neurospine.description.library import shipped_folder

PACKAGE = Path(neurospine.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
ROOT = shipped_folder()

#: STYLE: a file over 300 lines does more than one thing.
LONGEST = 300
#: What each room of the package may import from the others.
ALLOWED = {
    "errors": set(),
    "description": {"errors", "_report"},
    "results": {"errors", "description"},
    "simulation": {"errors", "description", "results"},
    "analysis": {"errors", "description", "results", "simulation"},
    "exports": {"errors", "description", "results", "simulation", "analysis"},
    "sweeps": {"errors", "description", "results", "simulation", "analysis"},
    "learning": {"errors", "description", "results", "simulation", "analysis"},
    "report_page": {"errors", "description", "results", "simulation", "analysis"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield the full names of what a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def short(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in ALLOWED], ids=short)
def test_imports_run_one_way(path: Path) -> None:
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("neurospine.")}
    assert rooms - {room(path)} <= ALLOWED[room(path)]


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) == "description"], ids=short)
def test_descriptions_touch_no_network(path: Path) -> None:
    brian2 = {name for name in imported(path) if name.split(".")[0] == "brian2"}
    assert {
        name for name in brian2 if re.search("devices|codegen|Network|Group|Synapses", name)
    } == set()


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_nothing_is_evaluated_or_printed(path: Path) -> None:
    tree = ast.parse(path.read_text())
    called = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert called & {"eval", "exec", "compile", "globals", "print", "__import__"} == set()
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.type is None]
    assert "from brian2 import *" not in path.read_text()


def test_public_names_are_there_and_described() -> None:
    for name in neurospine.__all__:
        assert getattr(neurospine, name).__doc__, name


def test_public_names_are_loaded_from_where_their_types_are() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (typed,) = (
        n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"
    )
    homes = {a.name: n.module for n in typed.body for a in n.names}  # type: ignore[attr-defined]
    assert homes == {name: f"neurospine.{home}" for name, home in neurospine._HOMES.items()}
    assert set(neurospine.__all__) == {*homes, "NeurospineError"}
    with pytest.raises(AttributeError, match="misspelt"):
        neurospine.misspelt  # type: ignore[attr-defined]  # noqa: B018


def test_uncaught_errors_are_not_reported_to_the_developers_of_brian2(tmp_path: Path) -> None:
    script = "import neurospine\nneurospine.load_protocol('stdp_window')\n1/0\n"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "Brian" not in done.stderr


def test_help_needs_no_large_package(tmp_path: Path) -> None:
    script = (
        "import sys; from neurospine.cli import main\n"
        "try: main()\n"
        "except SystemExit: print({'brian2', 'numpy', 'matplotlib', 'pandas'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "run", "--help"], cwd=tmp_path, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.endswith("set()\n")


def test_the_version_is_the_same_everywhere_and_the_citation_can_be_read() -> None:
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert all(set(author) <= {"name", "website", "email"} for author in citation["authors"])
    assert citation["version"] == project["version"] == neurospine.__version__
    assert citation["license"] == project["license"]
    named = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert named[0] == project["requires-python"].removeprefix(">=")


def test_the_readme_names_files_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text()
    for path in re.findall(r"`((?:models|protocols|data|docs|examples)/[\w./]+)`", readme):
        assert (ROOT / path).exists(), path
