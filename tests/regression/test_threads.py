"""What else a machine does changes no bit, and a longer run needs no more memory."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, simulate
from neurospine.results.part import start_part
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.backends.standalone.arguments import write_arguments
from neurospine.simulation.provenance import run_info
from neurospine.simulation.simulate import prepare

pytestmark = pytest.mark.cpp
#: What the allocator may do in one run and not in the other, in bytes.
SLACK = 10_000_000


def test_the_number_of_threads_changes_no_bit(
    busy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = busy()
    files = []
    for threads in ("1", "2", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        files.append(tmp_path / f"{len(files)}.h5")
        simulate(run.model, run.protocol, seed=3, output=files[-1])
    assert files[0].read_bytes() == files[1].read_bytes() == files[2].read_bytes()


def test_the_order_of_evaluation_changes_no_bit(busy: Any) -> None:
    """Conditions in another order are slots at other places in loops and vectors."""
    runs = [busy(noise=noise) for noise in ("[0.2, 1.0]", "[1.0, 0.2]")]
    one, other = (simulate(run.model, run.protocol, seed=3) for run in runs)
    for name in ("recurrent", "afferent"):
        slots = one.spines[name].sizes["slot"]
        turned = np.roll(np.arange(slots), slots // 2)
        for variable in one.spines[name].data_vars:
            values = one.spines[name][variable].values
            assert values.tobytes() == other.spines[name][variable].values[:, turned].tobytes()
    assert not one.spines["recurrent"].equals(other.spines["recurrent"])


def days(number: int) -> Protocol:
    return Protocol(
        name="days",
        model={"circuit": "dendrite"},
        step="1 ms",
        phases=[{"name": "rest", "kind": "consolidation", "duration": f"{number} day",
                 "tick": "6 hour", "record_every": "1 day"}],
    )  # fmt: skip


def most_memory(process: int, program: Path) -> int:
    """Return the most memory that a program had so far, in bytes; 0 before and after it.

    What the system says of a process that has ended counts the one that started it, too.
    """
    try:
        if Path(f"/proc/{process}/exe").resolve() != program.resolve():
            return 0
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc")
@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_a_run(tmp_path: Path) -> None:
    used = []
    for number in (30, 365):
        model = days(number).default_model().with_parameters(n_sites=20_000)
        plan = prepare(model, days(number))
        program = StandaloneBackend().build(plan.network)
        folder = tmp_path / str(number)
        folder.mkdir()
        start_part(folder, run_info(plan, "cpp"))
        write_arguments(folder / "arguments.bin", plan.network, program.arguments, 0.0)
        command = [program.main, "--results_dir", f"{folder}/"]
        used.append(0)
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, cwd=program.main.parent
        ) as process:
            while process.poll() is None:
                used[-1] = max(used[-1], most_memory(process.pid, program.main))
        assert process.returncode == 0
        assert (folder / "spines_spines.segment").stat().st_size > number * 20_000 * 9
    print(f"{used[0] / 1e6:.1f} MB for 30 days, {used[1] / 1e6:.1f} MB for 365")
    assert used[0] > 20_000 * 8
    assert abs(used[1] - used[0]) < SLACK
