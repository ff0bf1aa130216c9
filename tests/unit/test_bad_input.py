"""Bad input: one paragraph that says where and what, exit status 2, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

#: Longer than any error with a list of names in it.
PARAGRAPH = 600


@pytest.fixture
def refused(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Run a command that must fail, and return its one paragraph."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    def run(*words: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        done = command(*words)
        assert (done.status, done.out) == (2, "")
        assert sorted(tmp_path.rglob("*")) == before
        lines = [line for line in done.err.splitlines() if not line.endswith(" backend")]
        assert len(lines) == 1, done.err
        assert lines[0].startswith("error: ")
        assert "Traceback" not in done.err
        assert len(lines[0]) < PARAGRAPH
        return str(lines[0])

    return run


def with_key(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("count        = 2", "cuont = 2", ("phases.0.stimuli.0", "'cuont'", "'count'")),
        ("record_every =", "record_evry =", ("'record_evry'", "'record_every'")),
        ('"50 Hz"', '"50 hert"', ("stimulus 1 (pairing)", "rate", "'hert'", "'hertz'")),
        ('"50 Hz"', '"50 ms"', ("stimulus 1 (pairing)", "rate", "'ms'", "Hz")),
        ('unit    = "ms"', 'unit = "mss"', ("conditions.interval", "'mss'", "'ms'")),
        ('unit    = "ms"', 'unit = "mV"', ("stimulus 1 (pairing)", "interval", "'mV'")),
        ('"1 ms"', '"1 mV"', ("step", "'mV'")),
        ('"50 ms"', '"-50 ms"', ("'pairing'", "duration", "positive")),
        ('"50 ms"', '"10 ms"', ("'pairing'", "stimulus 1 (pairing)", "outside the phase")),
        ("[5, -5]", "[]", ("conditions.interval", "nothing to run")),
        ("[5, -5]", "[5.5]", ("interval", "no multiple of the step")),
        ("count        = 2", 'count = "9**9**9"', ("count", "9**9**9")),
        ('"50 Hz"', '"9**9**9 Hz"', ("rate", "9**9")),
        ('"50 Hz"', "\"__import__('os')\"", ("rate", "__import__")),
        ('"independent_pairs"', '"independent_pear"', ("model", "'independent_pair")),
        ('"independent_pairs"', '"pair_stdp"', ("pair_stdp.toml", "a circuit is wanted")),
        ('presynaptic  = "presynaptic"', 'presynaptic = "presinaptic"',
         ("'presinaptic'", "'presynaptic'")),
        ('x       = "interval"', 'x = "intervall"', ("[plot]", "'interval'")),
        ("[model]", "[model", ("not a TOML file", "line")),
        ('kind         = "protocol"', 'kind = "protocoll"', ("kind", "'protocol'")),
        ('name         = "tiny"', 'name = "tini"', ("'tini'", "agree")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["run", "check"])
def test_a_wrong_protocol_file_is_refused(
    verb: str,
    refused: Callable[..., str],
    tiny_text: str,
    old: str,
    new: str,
    words: tuple[str, ...],
) -> None:
    Path("tiny.toml").write_text(with_key(tiny_text, old, new))
    more = ("--backend", "numpy") if verb == "run" else ()
    message = refused(verb, "tiny.toml", *more)
    assert [word for word in ("tiny.toml", *words) if word not in message] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "tau_pluss=20 ms"), ("'tau_pluss'", "'tau_plus'")),
        (("--set", "tau_plus=20 mV"), ("'triplet.tau_plus'", "'mV'", "ms")),
        (("--set", "tau_plus=20"), ("'triplet.tau_plus'", "no unit", "ms")),
        (("--set", "tau_plus=20 mss"), ("'triplet.tau_plus'", "'mss'", "'ms'")),
        (("--set", "tau_plus=9**9**9"), ("'triplet.tau_plus'", "9**9")),
        (("--set", "axonal_delay=-1 ms"), ("axonal_delay", "range 0 to 100 ms")),
        (("--set", "axonal_delay=0.5 ms"), ("axonal_delay", "no multiple of the step")),
        (("--set", "tau_plus"), ("--set", "tau_plus", "NAME=VALUE")),
        (("--set", "=20 ms"), ("--set", "NAME=VALUE")),
        (("--set", "tau_plus="), ("--set", "NAME=VALUE")),
        (("--parameters", "visual_nearest"), ("'visual_nearest'", "'visual_nearest_full'")),
        (("--model", "independent_pears"), ("'independent_pears'", "'independent_pairs'")),
        (("--model", "recurrent_network"), ("tiny.toml", "'presynaptic'", "population")),
        (("--spine", "triplet_sdtp"), ("'triplet_sdtp'", "'triplet_stdp'")),
        (("--form", "foldet"), ("'foldet'", "folded, neuron_traces, textbook")),
        (("--backend", "numpi"), ("'numpi'", "'numpy'")),
        (("-o", "missing/out.h5"), ("missing/out.h5", "no folder")),
        (("-o", "tiny.toml/out.h5"), ("tiny.toml/out.h5", "no folder")),
        (("-o", "."), ("name",)),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused(
    refused: Callable[..., str], tiny_text: str, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    Path("tiny.toml").write_text(tiny_text)
    message = refused("run", "tiny.toml", "--backend", "numpy", *options)
    assert [word for word in words if word not in message] == []


def test_a_result_that_is_there_is_not_replaced(
    refused: Callable[..., str], tiny_text: str
) -> None:
    Path("tiny.toml").write_text(tiny_text)
    Path("tiny.h5").write_text("mine")
    assert "tiny.h5: exists already" in refused("run", "tiny.toml", "--backend", "numpy")
    assert Path("tiny.h5").read_text() == "mine"


def test_without_a_compiler_the_error_names_one_and_another_way(
    refused: Callable[..., str], tiny_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurospine.simulation.backends.standalone import build_cache

    build_cache.compiler.cache_clear()
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    Path("tiny.toml").write_text(tiny_text)
    message = refused("run", "tiny.toml", "-o", "out.h5")
    assert "no C++ compiler" in message
    assert "--backend numpy" in message


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("check",), ("--all",)),
        (("check", "pear"), ("'pear'", "'pair'")),
        (("check", "none.toml"), ("no file none.toml",)),
        (("show", "stdp_windows"), ("'stdp_windows'", "'stdp_window'")),
        (("run", "none.toml"), ("no file none.toml",)),
        (("run", "stdp_windows"), ("'stdp_windows'", "'stdp_window'")),
    ],
)
def test_what_is_not_there_gets_the_nearest_name(
    refused: Callable[..., str], words: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    message = refused(*words)
    assert [word for word in expected if word not in message] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00", "UTF-8"), (b"a" * 1_000_001, "larger than"), (b"", "protocol")],
)
def test_what_is_no_text_file_is_refused(
    refused: Callable[..., str], content: bytes, words: str
) -> None:
    Path("bad.toml").write_bytes(content)
    message = refused("run", "bad.toml")
    assert message.startswith("error: bad.toml: ")
    assert words in message


def test_a_folder_is_no_file(refused: Callable[..., str]) -> None:
    Path("bad.toml").mkdir()
    assert "bad.toml: is a folder, a file is wanted" in refused("run", "bad.toml")


@pytest.mark.parametrize(
    "words",
    [("rum", "stdp_window"), ("run", "a", "b"), ("run", "stdp_window", "--seed", "x")],
)
def test_a_wrong_command_line_has_status_two(command: Command, words: tuple[str, ...]) -> None:
    done = command(*words)
    assert (done.status, done.out) == (2, "")
    assert "Usage" in done.err


def test_a_run_without_a_protocol_says_where_to_find_one(refused: Callable[..., str]) -> None:
    assert "name a protocol to run; 'neurospine list'" in refused("run")
