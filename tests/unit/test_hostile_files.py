"""A file from a stranger is data: whatever is in it, it is read or refused, and soon."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from neurospine import Protocol
from neurospine.description.composition import check_alone
from neurospine.description.library import shipped_folder
from neurospine.description.parts import parse_part
from neurospine.errors import NeurospineError
from neurospine.simulation.stimuli import spikes

#: Seconds for one file; a real one takes a tenth of it.
LIMIT = 5.0

STRUCTURE = """
kind = "structure"
name = "x"
summary = "x"
[volume]
unit = "um**3"
initial = "a"
lowest = "a"
highest = "a"
additive = "{}"
multiplicative = "drive"
[parameters]
a = {{ value = 1, unit = "1", meaning = "m", source = "assumed" }}
"""


@pytest.mark.parametrize(
    "expression",
    [
        "drive*exp(exp(exp(exp(10.0))))",
        "drive*(sin(a) + cos(2*a) + tan(3*a) + cosh(a) + sinh(2*a) + tanh(a))**30",
        "drive*(drive + a + 1)**32",
        "drive*((a + 1)**5 + (drive + 2)**5)**6",
        "drive*a**a**a**a",
        "drive*10**32*1e14",
        "drive/0",
        "drive/(a - a)",
        "0*drive",
    ],
)
def test_no_expression_keeps_the_checks_busy(expression: str, work_limit: Any) -> None:
    with work_limit(LIMIT), contextlib.suppress(NeurospineError):
        check_alone(parse_part(STRUCTURE.format(expression), "<file>"), "<file>")


@pytest.mark.parametrize(
    "facts",
    [
        {"phases": [{"name": "a", "duration": "1e999 s"}]},
        {"phases": [{"name": "a", "duration": "1e300 s"}]},
        {"phases": [{"name": "a", "duration": "1" + " " * 5000 + "\nx\ny"}]},
        {"step": "1e-300 s"},
        {"record_every": "1e999 s"},
        {"repeats": 10**30},
        {"conditions": {"x": {"values": [float("nan")], "unit": "ms", "meaning": "m"}}},
        {"conditions": {"x": {"values": [float("inf")], "unit": "ms", "meaning": "m"}}},
        {"conditions": {"x": {"values": [10**400], "unit": "ms", "meaning": "m"}}},
    ],
)
def test_extreme_numbers_in_a_protocol_are_refused(
    tables: dict[str, Any], facts: dict[str, Any], work_limit: Any
) -> None:
    with work_limit(LIMIT), pytest.raises(NeurospineError):
        Protocol(**{**tables, **facts})


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "regular", "population": "cells", "rate": "1e9 Hz", "count": 10**12},
        {"kind": "regular", "population": "cells", "rate": "1e-300 Hz", "count": 2},
        {"kind": "poisson", "population": "cells", "rate": "1 Hz", "stop": "1e15 s"},
        {"kind": "spike_list", "population": "cells", "cells": [0], "times": [float("nan")]},
        {"kind": "spike_list", "population": "cells", "cells": [10**30], "times": [0.0]},
    ],
)
def test_extreme_numbers_in_a_stimulus_are_refused(
    tables: dict[str, Any], facts: dict[str, Any], work_limit: Any
) -> None:
    tables["phases"][0]["stimuli"] = [facts]
    with work_limit(LIMIT), pytest.raises(NeurospineError):
        spikes(Protocol(**tables), {"cells": 1}, seed=0)


def test_code_in_a_file_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"__import__('pathlib').Path('{mark}').touch()"
    original = (shipped_folder() / "models/plasticity/pair.toml").read_text()
    for old in ('"ms"', '"drive = a_plus*pre_trace"', '"dpre_trace/dt = -pre_trace/tau_plus : 1"'):
        assert old in original
        with pytest.raises(NeurospineError):
            check_alone(parse_part(original.replace(old, f'"{code}"'), "<file>"), "<file>")
    assert not mark.exists()
