"""`neurospine doctor` with programs of our own on PATH."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine.simulation import break_even
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.break_even import crossing

Command = Callable[..., Any]
GPU = "NVIDIA H200, 9.0, 143771, 580.95.05"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return what puts a program that prints something on a PATH with nothing else."""
    folder = tmp_path / "programs" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PATH", str(folder))
    for name in ("CXX", "CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    found = toolkit.shutil.which

    def which(name: str, path: str | None = None) -> str | None:  # whatever this machine has
        return None if path == "/usr/local/cuda/bin" else found(name, path=path)

    monkeypatch.setattr(toolkit.shutil, "which", which)

    def add(name: str, said: str, status: int = 0) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
        path.chmod(0o755)
        return path

    return add


def test_without_any_compiler(command: Command, programs: Callable[..., Path]) -> None:
    done = command("doctor")
    assert done.status == 1
    assert "numpy: ready" in done.out
    assert "C++ compiler    missing; install one, for example: apt-get install g++" in done.out
    assert "CUDA compiler   missing; install the CUDA toolkit" in done.out
    assert "NVIDIA driver   missing" in done.out


def test_the_status_is_that_of_the_backend_named(
    command: Command, programs: Callable[..., Path]
) -> None:
    programs("g++", "g++ 99.1")
    done = command("doctor")
    assert done.status == 0
    assert "g++ 99.1" in done.out
    assert command("doctor", "--backend", "numpy").status == 0
    done = command("doctor", "--backend", "cuda")
    assert done.status == 1
    assert "numpy" not in done.out
    done = command("doctor", "--backend", "cud")
    assert done.status == 2
    assert "Did you mean 'cuda'?" in done.err


def test_compiler_library_and_devices_are_named(
    command: Command, programs: Callable[..., Path]
) -> None:
    nvcc = programs("nvcc", "Cuda compilation tools, release 13.0, V13.0.88")
    programs("nvidia-smi", GPU)
    include, library = (nvcc.parent.parent / name for name in ("include", "lib64"))
    include.mkdir()
    library.mkdir()
    (include / "curand.h").touch()
    (library / "libcurand.so.10").touch()
    done = command("doctor", "--backend", "cuda")
    for words in ("nvcc 13.0", str(include), "libcurand.so.10", "580.95.05",
                  "NVIDIA H200, compute capability 9.0, 143771 MiB"):  # fmt: skip
        assert words in done.out


def test_a_driver_without_a_device(command: Command, programs: Callable[..., Path]) -> None:
    programs("nvidia-smi", "")
    done = command("doctor", "--backend", "cuda")
    assert "NVIDIA driver   without a device" in done.out
    assert "device          missing; run on a machine with an NVIDIA GPU" in done.out


@pytest.mark.parametrize(("said", "status"), [("no idea", 0), ("release 13.0", 1)])
def test_a_broken_compiler_is_none(programs: Callable[..., Path], said: str, status: int) -> None:
    programs("nvcc", said, status)
    assert toolkit.find_compiler() is None


def test_broken_words_of_the_driver_are_no_devices(programs: Callable[..., Path]) -> None:
    programs("nvidia-smi", "Some GPU, 9.0\nOther, [N/A], [N/A], 5")
    assert toolkit.find_devices() == []
    programs("nvidia-smi", "no devices were found", 9)
    assert toolkit.find_devices() is None


def test_cuda_home_goes_first(
    programs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs("nvcc", "release 12.4")
    home = tmp_path / "toolkit"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "nvcc").write_text("#!/bin/sh\necho release 13.1\n")
    (home / "bin" / "nvcc").chmod(0o755)
    monkeypatch.setenv("CUDA_HOME", str(home))
    found = toolkit.find_compiler()
    assert found is not None
    assert found.release == "13.1"


def test_where_one_is_faster_than_the_other() -> None:
    """Between sizes the ratio is a power of size: 4 at 1e4 and 1/4 at 1e6 cross at 1e5."""
    assert crossing((10**4, 10**6), (1.0, 100.0), (4.0, 25.0)) == pytest.approx(1e5)
    assert crossing((10, 100), (1.0, 1.0), (0.5, 0.5)) == 0
    assert crossing((10, 100), (1.0, 1.0), (0.5, 2.0)) == math.inf
    # What is faster at first but not later does not count.
    assert crossing((1, 10, 100), (1.0, 1.0, 1.0), (0.5, 2.0, 0.5)) == pytest.approx(10**1.5)


def test_the_break_even_is_remembered(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSPINE_CACHE", str(tmp_path / "cache"))
    assert "break-even      not measured" in command("doctor", "--backend", "cuda").out
    break_even.keep(
        break_even.BreakEven(
            ("cpp", "cuda"),
            "NVIDIA H200",
            "2026-01-02",
            (10**4, 10**6),
            ((1.0, 100.0), (4.0, 25.0)),
        )
    )
    wanted = "cuda is faster than cpp from 1.0e+05 spines on (plastic network, NVIDIA H200"
    assert wanted in command("doctor", "--backend", "cuda").out
    (tmp_path / "cache" / "break_even.json").write_text("{}")
    assert "not measured" in command("doctor", "--backend", "cuda").out


@pytest.mark.cpp
@pytest.mark.slow
def test_a_compiled_program_is_faster_than_python() -> None:
    found = break_even.measure(("numpy", "cpp"), (1000, 10_000))
    assert found.size == 0
    assert all(a > b > 0 for a, b in zip(*found.seconds, strict=True))


def test_measuring_says_what_is_missing(command: Command, programs: Callable[..., Path]) -> None:
    programs("g++", "g++ 99.1")
    done = command("doctor", "--backend", "cuda", "--measure")
    assert done.status == 2
    assert "nothing can be measured, cuda lacks: CUDA compiler" in done.err
