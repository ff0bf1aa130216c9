"""The commands: what they print, and that they leave what they should."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine import Trajectory

Command = Callable[..., Any]


@pytest.fixture
def tiny(command: Command, tiny_text: str) -> Path:
    """The tiny protocol as a file in the folder where commands run."""
    path = Path("tiny.toml")
    path.write_text(tiny_text)
    return path


def left_behind() -> list[str]:
    return sorted(str(p) for p in Path().rglob("*") if p.name != "tiny.toml")


def test_list_names_every_file_of_the_library(command: Command, shipped: Path) -> None:
    done = command("list")
    assert (done.status, done.err) == (0, "")
    folders = ("models", "protocols", "networks")
    files = [p.stem for f in folders for p in (shipped / f).rglob("*.toml")]
    assert [name for name in files if name not in done.out] == []
    assert "visual_nearest_full" in done.out


def test_show_tells_what_is_in_a_protocol(command: Command) -> None:
    done = command("show", "pairing_frequency")
    assert done.status == 0
    words = ("pairing_frequency (protocol)", "10.1016/S0896-6273(01)00542-6", "600 s", "16.8 ms",
             "0.1, 10, 20, 40, 50 Hz", "rate dependence of STDP", "triplet.tau_plus", "pfister2006",
             "folded form")  # fmt: skip
    assert [word for word in words if word not in done.out] == []


def test_show_prints_equations_on_demand(command: Command) -> None:
    words = ("show", "stdp_window", "--form", "textbook")
    assert "dpre_trace/dt" not in command(*words).out
    done = command(*words, "--equations")
    assert "dpre_trace/dt = -pre_trace/tau_plus : 1" in done.out
    assert "textbook form" in done.out


def test_show_uses_the_values_that_are_given(command: Command) -> None:
    done = command(
        "show", "stdp_window", "--set", "tau_plus=21 ms", "--parameters", "bi_poo_nearest"
    )
    (line,) = [line for line in done.out.splitlines() if line.startswith("pair.tau_plus")]
    assert "21 ms" in line
    assert "override" in line
    (line,) = [line for line in done.out.splitlines() if line.startswith("pair.accumulation")]
    assert line.split()[1] == "0"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("triplet", ("triplet (plasticity)", "10.1523/JNEUROSCI.1425-06.2006", "tau_x",
                     "hippocampal_nearest_full", "wang2005")),
        ("pair_stdp", ("pair_stdp (spine)", "volume_weight")),
        ("recurrent_network", ("recurrent_network (circuit)", "leaky.tau_membrane", "n_neurons")),
        ("leaky", ("leaky (neuron)", "tau_membrane", "20 ms")),
    ],
)  # fmt: skip
def test_show_tells_what_is_in_a_model(command: Command, name: str, words: tuple[str, ...]) -> None:
    done = command("show", name)
    assert done.status == 0
    assert [word for word in words if word not in done.out] == []


def test_show_takes_files(command: Command, tiny: Path) -> None:
    assert "Two pairs of spikes." in command("show", "tiny.toml").out


def test_words_in_brackets_are_shown_as_they_are(
    command: Command, tiny: Path, tiny_text: str
) -> None:
    tiny.write_text(tiny_text.replace("minus presynaptic", "[bold]minus[/bold] [/um] [1/s]"))
    done = command("show", "tiny.toml")
    assert done.status == 0
    assert "[bold]minus[/bold] [/um] [1/s]" in done.out


def test_check_says_what_was_checked(command: Command, tiny: Path) -> None:
    done = command("check", "tiny.toml", "pair", "leaky")
    assert done.status == 0
    one, two, three = done.out.splitlines()
    assert one.startswith("tiny.toml: ok, 2 conditions")
    assert two.startswith("models/plasticity/pair.toml: ok, parameters: 3 fitted")
    assert three.startswith("models/neurons/leaky.toml: ok, parameters: 7 assumed")


@pytest.mark.slow  # lint does the same
def test_check_all_passes(command: Command, shipped: Path) -> None:
    done = command("check", "--all")
    assert (done.status, done.err) == (0, "")
    folders = ("models", "protocols", "networks")
    files = [p for f in folders for p in (shipped / f).rglob("*.toml")]
    assert len(done.out.splitlines()) == len(files)
    assert all(": ok" in line for line in done.out.splitlines())


def test_run_leaves_a_result_and_a_picture_and_says_where(command: Command, tiny: Path) -> None:
    done = command(
        "run", "tiny.toml", "--backend", "numpy", "--seed", "7", "--set", "axonal_delay=1 ms"
    )
    assert done.status == 0
    name = "tiny-axonal_delay=1ms-seed7"
    result, drawn = Path(f"{name}.h5"), Path(f"{name}.png")
    assert left_behind() == [result.name, drawn.name]
    assert done.out.splitlines()[-1] == f"{result}, {drawn}"
    assert "Change of weight" in done.out  # without targets, what was measured
    assert "folded form, numpy backend" in done.err
    trajectory = Trajectory.from_hdf5(result)
    assert trajectory.info.attributes["seed"] == 7
    assert list(trajectory.measures) == ["change"]
    before = result.read_bytes()

    again = ("run", "tiny.toml", "--backend", "numpy", "--seed", "7", "-o", str(result))
    refused = command(*again)
    assert refused.status == 2
    assert name in refused.err
    assert "--force" in refused.err
    drawn.unlink()
    refused = command(*again)
    assert (refused.status, left_behind()) == (2, [result.name])
    assert result.read_bytes() == before
    assert command(*again, "--force", "--quiet").out == ""
    assert left_behind() == [result.name, drawn.name]
    assert result.read_bytes() != before


def test_run_prints_and_writes_a_scorecard(command: Command, tiny: Path, tiny_text: str) -> None:
    target = """
[[targets]]
phenomenon = "depression"
measure = "change"
source = "assumed"
why = "w"
below = 0.0
at = { interval = ["-10 ms", "0 ms"] }
"""
    tiny.write_text(tiny_text + target)
    done = command("run", "tiny.toml", "--backend", "numpy", "-o", "out.h5")
    assert done.status == 0
    assert left_behind() == ["out.csv", "out.h5", "out.png"]
    assert "depression" in done.out
    assert "1 met, 0 near, 0 miss of 1" in done.out
    head, row = Path("out.csv").read_text().splitlines()
    assert head.startswith("phenomenon,condition,measured")
    assert row.startswith("depression,interval -10 ms to 0 ms,-0.0")


@pytest.mark.parametrize("name", ["out.png", "out.csv"])
def test_a_result_is_not_written_over_by_its_picture_or_scorecard(
    command: Command, tiny: Path, name: str
) -> None:
    done = command("run", "tiny.toml", "--backend", "numpy", "-o", name)
    assert (done.status, left_behind()) == (2, [])
    assert name in done.err


def test_an_existing_picture_is_not_replaced(command: Command, tiny: Path) -> None:
    Path("out.png").write_text("mine")
    done = command("run", "tiny.toml", "--backend", "numpy", "-o", "out.h5")
    assert (done.status, left_behind()) == (2, ["out.png"])
    assert "out.png: exists already" in done.err
    assert Path("out.png").read_text() == "mine"


def test_a_new_process_ends_with_status_two_and_one_paragraph(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neurospine", "run", "stdp_windoww"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: no protocol named 'stdp_windoww'. Did you mean 'stdp_window'?\n"
    assert list(tmp_path.iterdir()) == []
