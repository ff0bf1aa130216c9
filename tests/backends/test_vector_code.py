"""Loops over cells and synapses become vector code, also on processors that can do less."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from neurospine import Model, load_protocol
from neurospine.description.library import find_file
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.backends.standalone.source import generate
from neurospine.simulation.simulate import prepare

pytestmark = [pytest.mark.cpp, pytest.mark.slow]

#: One has vectors of 256 bits, and none for integers from doubles or stores far apart. For the
#: other compilers prefer 256 bits though it has 512, and then have none for bytes beside doubles.
PROCESSORS = ("haswell", "icelake-server")

ALONE = """
schema  = 1
kind    = "spine"
name    = "structural_alone"
summary = "A rule that reads a presynaptic trace when it is done later."
use     = ["structural", "head_volume", "volume_weight"]
"""


def left_scalar(folder: Path, name: str, processor: str) -> list[str]:
    """Return where loops meant to be vectorised stay scalar, in code objects of that name."""
    flags = [flag for flag in build_cache.FLAGS if not flag.startswith("-march")]
    flags += [f"-march={processor}", "-fopt-info-vec-optimized", "-I."]
    command = [build_cache.find_compiler(), *flags]
    program = ["-c", "program.cpp", "-o", "program.o"]
    said = subprocess.run(
        [*command, *program], cwd=folder, capture_output=True, text=True, check=True
    ).stderr
    done = {line.split(" ")[0] for line in said.splitlines() if "loop vectorized" in line}
    places = [
        f"{path.relative_to(folder)}:{number + 2}:"
        for path in (folder / "code_objects").glob(f"{name}_codeobject*.cpp")
        for number, line in enumerate(path.read_text().splitlines())
        if "GCC ivdep" in line
    ]
    assert places, f"no loop of {name} is meant to be vectorised"
    return [place for place in places if not any(line.startswith(place) for line in done)]


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize(
    ("spine", "names"),
    [
        ("pair_stdp", ["neurons_stateupdater", "recurrent_pre"]),
        ("bistable_spine", ["recurrent_pre", "recurrent_post", "recurrent_late"]),
        ("structural_alone", ["recurrent_pre", "recurrent_post"]),
        ("living_pair_stdp", ["recurrent_step_border", "recurrent_settle_border"]),
    ],
)
def test_loops_are_vectorised(spine: str, names: list[str], processor: str, tmp_path: Path) -> None:
    if "g++" not in build_cache.find_compiler():
        pytest.skip("only g++ says what it has vectorised")
    circuit = find_file("recurrent_network", "models").read_text()
    model = Model.from_text(circuit, parts={"structural_alone": ALONE}, spine=spine)
    generate(prepare(model, load_protocol("network_activity")).network, tmp_path)
    assert [place for name in names for place in left_scalar(tmp_path, name, processor)] == []
