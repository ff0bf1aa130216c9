"""What a user gets: the wheel holds the tracked library, nothing else, and runs on its own.

The files that git tracks are copied aside together with one that git ignores, and built there.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

CHECKOUT = Path(__file__).parents[2]
LIBRARY = ("models", "protocols", "networks", "data")
IGNORED = "data/huge.h5"
ONE_MB = 1_000_000
#: A script of a user, checked by mypy: what comes back has a type.
TYPED = """
from typing import assert_type

import neurospine
from neurospine import (
    Comparison, Disorder, Model, NeurospineError, Phase, Protocol, Score, Sweep, Trajectory,
    Validation, compare, compare_runs, from_dendrify, load_disorder, load_model, load_protocol,
    measure, picture, recover, resume, simulate, sweep, validate, write_picture,
)

protocol = load_protocol("stdp_window")
assert_type(protocol, Protocol)
assert_type(load_model("independent_pairs").with_parameters({"axonal_delay": "1 ms"}), Model)
assert_type(load_disorder("fragile_x"), Disorder)
trajectory = simulate(None, protocol, seed=1, parameters={"tau_plus": "20 ms"})
assert_type(trajectory, Trajectory)
assert_type(Trajectory.from_hdf5("run.h5"), Trajectory)
assert_type(resume("run.h5"), Trajectory)
measures = measure(trajectory, protocol)
assert_type(compare(trajectory, protocol, measures)[0], Score)
assert_type(sweep("v1_imaging", {"disorder": ["control"]}, seeds="0:2", output="made"), Sweep)
assert_type(compare_runs("v1_imaging-sweep"), Comparison)
assert_type(validate(quick=True), Validation)
assert_type(protocol.phases, tuple[Phase, ...])
write_picture(picture(trajectory, protocol, measures), "run.png")
recover("run.h5.part")
from_dendrify
try:
    load_model("nothing")
except NeurospineError as error:
    assert_type(error, NeurospineError)
assert_type(neurospine.__version__, str)
"""


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    return [name for name in listing.stdout.split("\0") if (CHECKOUT / name).is_file()]


def library_files(names: list[str]) -> set[str]:
    """Return the model, protocol and data files among `names`, as the checkout calls them."""
    return {
        name for name in names if name.split("/")[0] in LIBRARY and name.endswith((".toml", ".csv"))
    }


def build(kind: str, source: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", target]
    subprocess.run([*command, source], check=True)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for name in tracked_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, folder / name)
    (folder / IGNORED).write_bytes(os.urandom(2 * ONE_MB))
    return folder


@pytest.fixture(scope="module")
def sdist(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", source, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_from_sdist(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    return build("wheel", unpacked, tmp_path_factory.mktemp("wheel-from-sdist"))


@pytest.fixture(params=["wheel", "wheel_from_sdist"])
def wheel_names(request: pytest.FixtureRequest) -> list[str]:
    with zipfile.ZipFile(request.getfixturevalue(request.param)) as archive:
        return archive.namelist()


def test_wheel_holds_one_package_and_its_metadata(wheel_names: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {re.sub(r"-[^-]+\.dist-info$", ".dist-info", top) for top in tops} == {
        "neurospine",
        "neurospine.dist-info",
    }


def test_wheel_holds_every_model_protocol_and_data_file(wheel_names: list[str]) -> None:
    shipped = library_files([name.removeprefix("neurospine/") for name in wheel_names])
    wanted = {n for n in library_files(tracked_files()) if not n.startswith("data/tuning/")}
    assert shipped == wanted


def test_wheel_holds_what_pages_are_made_of(wheel_names: list[str]) -> None:
    from neurospine.report_page.page import ASSETS, SCRIPTS, STYLES

    inside = {name for name in wheel_names if name.startswith("neurospine/report_page/assets/")}
    wanted = {path.name for path in ASSETS.iterdir()}
    assert {name.rpartition("/")[2] for name in inside} == wanted
    assert wanted == {"page.html", *SCRIPTS, *STYLES}


def test_sdist_holds_every_model_protocol_and_data_file(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert library_files(names) == library_files(tracked_files())
    assert IGNORED not in names


def test_wheel_holds_the_package_as_it_is_tracked(wheel_names: list[str]) -> None:
    """Code, templates, schemas, sources of programs and the mark of types; no tests, no tools."""
    shipped = {n for n in wheel_names if n.startswith("neurospine/") and not n.endswith("/")}
    own = {n for n in shipped if n.split("/")[1] not in LIBRARY}
    assert own == {n for n in tracked_files() if n.startswith("neurospine/")}
    assert "neurospine/py.typed" in own
    for folder, suffix in (("schemas", ".json"), ("templates", ".toml")):
        assert [n for n in own if n.startswith(f"neurospine/{folder}/") and n.endswith(suffix)]
    assert not {"tests", "benchmarks", "tools", "docs"} & {n.split("/")[1] for n in shipped}


def test_sdist_holds_what_builds_and_tests_it(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("neurospine/", "models/", "protocols/", "networks/", "data/", "tests/", "docs/")
    missing = {n for n in tracked_files() if n.startswith(wanted)} - names
    assert missing == set()
    assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff"} <= names


def test_descriptions_are_right(sdist: Path, wheel: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", sdist, wheel]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_gitignored_files_stay_out_of_the_wheel(wheel_names: list[str]) -> None:
    assert not [name for name in wheel_names if name.endswith(Path(IGNORED).name)]


def test_wheel_is_light(wheel: Path) -> None:
    assert wheel.stat().st_size < 1.5 * ONE_MB


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of an empty environment with nothing but the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    commands = folder / "bin"
    pip = [commands / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-c", CHECKOUT / "constraints.txt", wheel], check=True)
    return commands


@pytest.fixture
def newcomer(installed: Path, tmp_path: Path) -> dict[str, str]:
    """Return the environment variables of somebody who has never run neurospine."""
    home = tmp_path / "home"
    home.mkdir()
    ours = ("PYTHON", "VIRTUAL_ENV", "XDG_", "MPL", "NEUROSPINE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PATH": f"{installed}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def test_readme_example_runs(installed: Path, newcomer: dict[str, str], empty_folder: Path) -> None:
    example = re.search(r"^```python\n(.*?)^```", (CHECKOUT / "README.md").read_text(), re.M | re.S)
    assert example, "README.md has no python example"
    script = empty_folder.parent / "example.py"
    script.write_text(example[1])
    subprocess.run([installed / "python", script], cwd=empty_folder, env=newcomer, check=True)


def test_command_lists_the_library(
    installed: Path, newcomer: dict[str, str], empty_folder: Path
) -> None:
    subprocess.run([installed / "neurospine", "list"], cwd=empty_folder, env=newcomer, check=True)


def test_starting_files_and_schemas_are_there(
    installed: Path, newcomer: dict[str, str], empty_folder: Path
) -> None:
    for words in (["schema", "--write", "."], ["new", "neuron", "mine"], ["check", "mine.toml"]):
        command = [installed / "neurospine", *words]
        subprocess.run(command, cwd=empty_folder, env=newcomer, check=True)
    first = (empty_folder / "mine.toml").read_text().splitlines()[0]
    assert first == "#:schema neurospine-schemas/model.json"


def test_types_are_complete_for_who_uses_it(
    installed: Path, newcomer: dict[str, str], empty_folder: Path
) -> None:
    (empty_folder / "script.py").write_text(TYPED)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-executable"]
    command = [*mypy, installed / "python", "script.py"]
    done = subprocess.run(
        command, cwd=empty_folder, env=newcomer, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (empty_folder / "script.py").write_text("import neurospine\n\nneurospine.misspelt\n")
    done = subprocess.run(command, cwd=empty_folder, env=newcomer, capture_output=True, check=False)
    assert b'Module has no attribute "misspelt"' in done.stdout
