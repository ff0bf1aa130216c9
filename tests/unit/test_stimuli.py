"""The ticks that stimuli mean: exact for trains, lawful for Poisson spikes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine import Protocol
from neurospine.errors import NeurospineError, ProtocolError
from neurospine.simulation.stimuli import spikes

SIZES = {"pre": 3, "post": 1}
PAIR = {
    "kind": "pairing",
    "presynaptic": "pre",
    "postsynaptic": "post",
    "interval": "5 ms",
    "rate": "50 Hz",
    "count": 3,
}
TRIPLET = {
    **{"kind": "triplet", "presynaptic": "pre", "postsynaptic": "post", "order": "pre_post_pre"},
    **{"first_interval": "5 ms", "second_interval": "-10 ms", "rate": "20 Hz", "count": 2},
}
REGULAR = {"kind": "regular", "population": "pre", "rate": "100 Hz", "count": 3}
POISSON = {"kind": "poisson", "population": "pre", "rate": "20 Hz"}
LIST = {
    "kind": "spike_list",
    "population": "pre",
    "cells": [2, 0, 0],
    "times": [7, 1, 99],
    "unit": "ms",
}

Spikes = Callable[..., dict[str, list[tuple[int, int]]]]


@pytest.fixture
def train(tables: dict[str, Any]) -> Spikes:
    """Return (cell, tick) of every spike that stimuli make in the one phase of 100 steps."""

    def make(*stimuli: dict[str, Any], seed: int = 0, **facts: Any) -> Any:
        tables["phases"][0]["stimuli"] = list(stimuli)
        found = spikes(Protocol(**{**tables, **facts}), SIZES, seed)
        return {
            name: list(zip(c.tolist(), t.tolist(), strict=True)) for name, (c, t) in found.items()
        }

    return make


def everywhere(**ticks: list[int]) -> dict[str, list[tuple[int, int]]]:
    """Return (cell, tick) of spikes that all cells of a population make at once."""
    return {
        name: [(cell, tick) for tick in found for cell in range(SIZES[name])]
        for name, found in ticks.items()
    }


def test_a_regular_train_is_even_and_the_same_in_every_cell(train: Spikes) -> None:
    found = train({**REGULAR, "start": "5 ms"})
    assert found == {"pre": [(cell, tick) for tick in (5, 15, 25) for cell in range(3)], "post": []}


def test_a_train_keeps_its_rate_where_the_interval_is_no_multiple_of_the_step(
    train: Spikes,
) -> None:
    found = train({**REGULAR, "population": "post", "rate": "70 Hz", "count": 7})
    assert [tick for _, tick in found["post"]] == [0, 14, 29, 43, 57, 71, 86]


@pytest.mark.parametrize(
    ("interval", "pre", "post"),
    [
        ("5 ms", [0, 20, 40], [5, 25, 45]),
        ("-5 ms", [5, 25, 45], [0, 20, 40]),
        ("0 ms", [0, 20, 40], [0, 20, 40]),
        ("25 ms", [0, 20, 40], [25, 45, 65]),
    ],
)
def test_pairs_are_an_interval_apart(
    train: Spikes, interval: str, pre: list[int], post: list[int]
) -> None:
    found = train({**PAIR, "interval": interval})
    assert found == everywhere(pre=pre, post=post)


@pytest.mark.parametrize(
    ("order", "first", "second", "pre", "post"),
    [
        ("pre_post_pre", "5 ms", "-10 ms", [0, 15, 50, 65], [5, 55]),
        ("post_pre_post", "-5 ms", "10 ms", [5, 55], [0, 15, 50, 65]),
    ],
)
def test_triplets_have_their_intervals_in_order(
    train: Spikes, order: str, first: str, second: str, pre: list[int], post: list[int]
) -> None:
    found = train({**TRIPLET, "order": order, "first_interval": first, "second_interval": second})
    assert found == everywhere(pre=pre, post=post)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"first_interval": "-5 ms"}, "do not make a triplet"),
        ({"second_interval": "10 ms"}, "do not make a triplet"),
        ({"first_interval": "0 ms"}, "do not make a triplet"),
        ({"order": "post_pre_post"}, "do not make a triplet"),
        ({"order": "pre_post_post"}, "Did you mean 'pre_post_pre'"),
    ],
)
def test_intervals_of_the_wrong_sign_make_no_triplet(
    train: Spikes, facts: dict[str, str], words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        train({**TRIPLET, **facts})


def test_conditions_and_repeats_are_copies_of_the_circuit(train: Spikes) -> None:
    axes = {"i": {"values": [2, -3], "unit": "ms", "meaning": "m"}}
    found = train({**PAIR, "interval": "i", "count": 1}, conditions=axes, repeats=2)
    assert found["post"] == [(2, 0), (3, 0), (0, 2), (1, 2)]
    before = [(cell, 0) for cell in range(6)] + [(cell, 3) for cell in range(6, 12)]
    assert found["pre"] == before


def test_phases_follow_each_other(train: Spikes) -> None:
    one = {**REGULAR, "population": "post", "count": 1}
    phases = [{"name": n, "duration": "50 ms", "stimuli": [one]} for n in ("a", "b", "c")]
    assert train(phases=phases)["post"] == [(0, 0), (0, 50), (0, 100)]


def test_a_train_without_a_rate_is_empty(train: Spikes) -> None:
    """So that a condition may be the one without stimulation."""
    for stimulus in (REGULAR, PAIR, TRIPLET):
        assert train({**stimulus, "rate": "0 Hz"}) == {"pre": [], "post": []}


def test_spikes_may_be_listed(train: Spikes) -> None:
    assert train(LIST)["pre"] == [(0, 1), (2, 7), (0, 99)]


def test_spikes_may_be_listed_in_a_file_beside_the_protocol(tiny_text: str, tmp_path: Path) -> None:
    (tmp_path / "spikes.csv").write_text("# when\ntime [ms],cell\n7,2\n1,0\n0.5,1\n")
    start = tiny_text.index("[[phases.stimuli]]")
    text = tiny_text[:start] + (
        '[[phases.stimuli]]\nkind = "spike_list"\npopulation = "pre"\nfile = "spikes.csv"\n'
    )
    cells, ticks = spikes(Protocol.from_text(text, folder=tmp_path), SIZES, 0)["pre"]
    copies = [(tick, cell + 3 * copy) for tick, cell in ((0, 1), (1, 0), (7, 2)) for copy in (0, 1)]
    assert list(zip(ticks, cells, strict=True)) == copies


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("", "no spike list"),
        ("cell,time\n0,1\n", "'time [unit]'"),
        ("cel,time [ms]\n0,1\n", "'cell'"),
        ("cell,time [mV]\n0,1\n", "'mV'"),
        ("cell,time [ms]\n0,x\n", "spikes.csv"),
        ("cell,time [ms]\na,1\n", "spikes.csv"),
        ("cell,time [ms]\n0.5,1\n", "cell"),
        ("cell,time [ms]\n,1\n", "cell"),
        ("cell,time [ms]\n0,\n", "time"),
        ("cell,time [ms]\n3,1\n", "from 0 to 2"),
        ("cell,time [ms]\n0,100\n", "outside the phase"),
        ("cell,time [ms]\n0,1,2,3\n", "spikes.csv"),
    ],
)
def test_a_wrong_spike_file_is_refused(
    train: Spikes, tmp_path: Path, text: str | None, words: str
) -> None:
    path = tmp_path / "spikes.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ProtocolError) as caught:
        train({"kind": "spike_list", "population": "pre", "file": str(path)})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("stimulus", "words"),
    [
        ({**REGULAR, "start": "95 ms"}, ("outside the phase", "0.115 s", "0 to 0.1 s")),
        ({**REGULAR, "start": "-5 ms"}, ("outside the phase", "-0.005 s")),
        ({**REGULAR, "rate": "-1 Hz"}, ("rate", "must not be negative")),
        ({**REGULAR, "rate": "10 ms"}, ("rate", "'ms'")),
        ({**REGULAR, "rate": "2000 Hz"}, ("twice in one step",)),
        ({**REGULAR, "population": "pro"}, ("no population 'pro'", "'pre'")),
        ({**PAIR, "interval": "0.5 ms"}, ("interval", "0.5 ms is no multiple of the step")),
        ({**PAIR, "interval": "1e19 ms"}, ("interval", "1e19 ms is longer than any run")),
        ({**PAIR, "interval": "-99 ms"}, ("outside the phase",)),
        ({**PAIR, "postsynaptic": "poste"}, ("'poste'", "'post'")),
        ({**LIST, "times": [7, 1, 100]}, ("outside the phase", "0.1 s")),
        ({**LIST, "times": [7, 1, 1.2]}, ("twice in one step",)),
        ({**LIST, "cells": [0, 1, 3]}, ("cells", "from 0 to 2", "'pre'")),
        ({**LIST, "cells": [0, 1, -1]}, ("cells", "from 0 to 2")),
        ({**LIST, "cells": [0, 1]}, ("cells and times", "same length")),
        ({**LIST, "unit": "mV"}, ("'mV'",)),
        ({**POISSON, "rate": "101 Hz"}, ("rate", "101 Hz", "(100 Hz)")),
        ({**POISSON, "rate": "-1 Hz"}, ("rate", "-1 Hz")),
        ({**POISSON, "start": "50 ms", "stop": "20 ms"}, ("stop",)),
        ({**POISSON, "start": "-50 ms"}, ("outside the phase",)),
        ({**POISSON, "stop": "200 ms", "rate": "0.001 Hz"}, ("outside the phase",)),
    ],
)  # fmt: skip
def test_a_stimulus_that_does_not_fit_is_refused_with_its_place(
    train: Spikes, stimulus: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ProtocolError) as caught:
        train(stimulus)
    message = str(caught.value)
    assert [w for w in ("protocol 'p'", *words) if w not in message] == []
    assert "twice" in message or f"phase 'a', stimulus 1 ({stimulus['kind']})" in message


def test_two_stimuli_do_not_make_a_cell_spike_twice_in_a_step(train: Spikes) -> None:
    with pytest.raises(NeurospineError, match="twice in one step"):
        train(REGULAR, {**LIST, "cells": [1], "times": [10]})


def test_poisson_spikes_of_no_rate_are_none(train: Spikes) -> None:
    assert train({**POISSON, "rate": "0 Hz"})["pre"] == []


def test_poisson_spikes_stay_between_start_and_stop(train: Spikes) -> None:
    found = train({**POISSON, "rate": "100 Hz", "start": "20 ms", "stop": "60 ms"}, repeats=20)
    ticks = [tick for _, tick in found["pre"]]
    assert (min(ticks), max(ticks)) == (20, 59)


def test_repeats_draw_other_poisson_spikes_and_conditions_the_same(train: Spikes) -> None:
    axes = {"x": {"values": [1, 2], "meaning": "m"}}
    found = train({**POISSON, "rate": "100 Hz"}, conditions=axes, repeats=2)["pre"]
    copies = [[(c % 3, t) for c, t in found if c // 3 == copy] for copy in range(4)]
    assert copies[0] == copies[2]
    assert copies[1] == copies[3]
    assert copies[0] != copies[1]


VOLLEY = {"kind": "volley", "population": "pre", "count": 2, "start": "10 ms"}
MANY = {"many": {"values": [0, 3], "meaning": "Cells"}, "odd": {"values": [0.5], "meaning": "m"}}


def test_a_volley_is_a_spike_in_each_of_the_first_cells(train: Spikes) -> None:
    assert train(VOLLEY)["pre"] == [(0, 10), (1, 10)]
    assert train({**VOLLEY, "spread": "2 ms", "first": 1})["pre"] == [(1, 10), (2, 12)]
    assert train({**VOLLEY, "count": 0})["pre"] == []
    assert train({**VOLLEY, "count": 3, "spread": "-5 ms"})["pre"] == [(2, 0), (1, 5), (0, 10)]
    spikes = train({**VOLLEY, "count": "many"}, conditions=MANY)["pre"]
    assert spikes == [(3, 10), (4, 10), (5, 10)]  # none in the first condition


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 4}, ("count", "4 cells from cell 0", "3 of 'pre'")),
        ({"count": 3, "first": 1}, ("count", "from cell 1")),
        ({"count": -1}, ("count",)),
        ({"count": "odd"}, ("count", "whole number, found 0.5")),
        ({"count": "manny"}, ("count", "'manny'", "'many'")),
        ({"start": "1.5 ms"}, ("start", "no multiple of the step")),
        ({"start": "99 ms", "spread": "1 ms"}, ("outside the phase",)),
        ({"spread": "1 mV"}, ("spread", "mV")),
        ({"population": "pree"}, ("'pree'", "'pre'")),
    ],
)
def test_a_volley_that_cannot_be_is_refused(
    train: Spikes, change: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(NeurospineError) as caught:
        train({**VOLLEY, **change}, conditions=MANY)
    assert [word for word in words if word not in str(caught.value)] == []
