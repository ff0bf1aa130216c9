"""CUDA programs as text: generated for whatever is shipped, where there is no compiler either."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brian2
import numpy as np
import pytest

from neurospine import Model, simulate
from neurospine.description.library import shipped_folder
from neurospine.errors import BuildError
from neurospine.simulation.backends.cuda import backend as cuda
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.network import Network
from neurospine.simulation.simulate import find_backend, prepare

#: One protocol for each feature; all others are slow tests.
QUICK = ("dopamine_pulse", "v1_imaging", "triplets")
ALL = sorted(path.stem for path in (shipped_folder() / "protocols").rglob("*.toml"))


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Network], Path]:
    """Return the folder with the program of a network, made without any compiler."""
    pytest.importorskip("brian2cuda")
    from neurospine.simulation.backends.cuda.source import generate

    def make(network: Network) -> Path:
        with monkeypatch.context() as patch:
            patch.setenv("PATH", str(tmp_path))
            generate(network, tmp_path)
        return tmp_path

    return make


@pytest.mark.parametrize(
    "protocol", [p if p in QUICK else pytest.param(p, marks=pytest.mark.slow) for p in ALL]
)
def test_every_protocol_has_a_cuda_program(
    generated: Callable[[Network], Path], protocol: str
) -> None:
    before = {name: brian2.prefs[name] for name in brian2.prefs}
    network = prepare(None, protocol).network
    folder = generated(network)
    assert {name: brian2.prefs[name] for name in brian2.prefs} == before
    program = (folder / "program.cu").read_text()
    included = re.findall(r'#include "(.*\.(?:cu|cpp))"', program)
    assert len(included) == len(set(included))
    assert [name for name in included if not (folder / name).is_file()] == []
    written = {str(p.relative_to(folder)) for p in folder.rglob("*.cu")} - {"program.cu"}
    assert written == {name for name in included if name.endswith(".cu")}
    texts = {name: (folder / name).read_text() for name in included}
    for name, text in texts.items():
        assert "%" + "HOST_PARAMETERS%" not in text
        assert "np." not in text.replace("np.float64", ""), name
        if name.startswith("code_objects/"):  # random numbers are ours
            code = text[text.find("__global__") :]
            assert not re.search(r"curand|\b_randn?\(", code), name
            assert "cudaMemcpy(" not in code, name  # nothing waits for the host in a step
    # What sets a variable of a cell is the only synapse of it, or the program would refuse.
    spines = {synapses.name: synapses for synapses in network.synapses}
    alone = re.findall(r'check_alone\("(\w+): .*__synaptic_(\w+)\)\)', texts["tables.cu"])
    assert texts["tables.cu"].count('check_alone("') == len(alone)
    for owner, side in alone:
        cells = getattr(spines[owner], side)
        assert np.unique(cells).size == cells.size, owner


def test_lists_of_edges_and_monitors_are_not_those_of_brian2cuda(
    generated: Callable[[Network], Path],
) -> None:
    folder = generated(prepare(None, "triplets").network)
    objects = [p.read_text() for p in (folder / "code_objects").glob("*.cu")]
    assert not any("std::map" in text for text in objects)
    assert not any("push_back" in t for t in objects if "_spikes_out" in t)
    assert any("neurospine::Reach" in text for text in objects)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(toolkit, "find_compiler", lambda: None)
    monkeypatch.setattr(toolkit, "find_devices", lambda: None)
    with pytest.raises(BuildError) as caught:
        simulate(None, "stdp_window", backend="cuda")
    words = ("CUDA compiler (install the CUDA toolkit", "curand.h", "NVIDIA driver", "no device",
             "neurospine doctor", "--backend cpp")  # fmt: skip
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_program_is_compiled_for_the_device_that_is_visible(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    devices = [toolkit.Device("one", "8.6", 1, "1"), toolkit.Device("two", "9.0", 1, "1")]
    monkeypatch.setattr(toolkit, "find_devices", lambda: devices)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert cuda._capability() == "9.0"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    with pytest.raises(BuildError, match="names device 2 of 2"):
        cuda._capability()
    for name in ("GPU-5d2c", "", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", name)
        with pytest.raises(BuildError, match="the number of a device is wanted"):
            cuda._capability()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    compiler = toolkit.Compiler(tmp_path / "nvcc", "13.0")
    curand = toolkit.Curand(tmp_path / "include", tmp_path / "lib" / "libcurand.so.10")
    command = cuda.compile_command(compiler, curand, cuda._capability())
    assert {"-arch=sm_86", "-std=c++17", f"-I{tmp_path / 'include'}"} <= set(command)
    assert "-use_fast_math" not in command


def test_tools_are_part_of_the_name_of_a_program() -> None:
    keys = {build_cache.key_of({}, tools) for tools in ((), ("13.0",), ("13.1",))}
    assert len(keys) == 3


def test_a_run_on_a_gpu_cannot_be_resumed() -> None:
    assert not find_backend("cuda").resumes


@pytest.mark.slow
def test_what_wants_a_gpu_says_so_where_there_is_none() -> None:
    if toolkit.find_devices():
        pytest.skip("there is a GPU")
    command = [sys.executable, "-m", "benchmarks.gpu"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("there is no CUDA device here")


@pytest.mark.slow
def test_a_small_circuit_compiles_and_links(
    small_network: Callable[..., Model], activity: Any, tmp_path: Path
) -> None:
    pytest.importorskip("brian2cuda")
    from neurospine.simulation.backends.cuda.source import generate

    compiler = toolkit.find_compiler()
    if compiler is None:
        pytest.skip("no CUDA compiler")
    curand = toolkit.find_curand(compiler)
    if curand is None:
        pytest.skip("no cuRAND")
    generate(prepare(small_network(), activity).network, tmp_path)
    command = cuda.compile_command(compiler, curand, "9.0")
    build_cache.compile_program(tmp_path, command)
    if toolkit.find_devices():
        return
    done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cudaSetDevice" in done.stderr
