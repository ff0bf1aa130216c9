"""`neurospine doctor` with programs of our own on PATH."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine.simulation.backends.cuda import toolkit

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
