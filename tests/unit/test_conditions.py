"""Conditions: every combination that a protocol runs at once."""

from __future__ import annotations

from typing import Any

import pytest

from neurospine.description.conditions import Axis, Conditions
from neurospine.errors import ProtocolError


def conditions(arrangement: str = "grid", **axes: dict[str, Any]) -> Conditions:
    made = {name: Axis(**{"meaning": "m", **facts}) for name, facts in axes.items()}
    return Conditions(made, arrangement)  # type: ignore[arg-type]


RATE = {"values": (1.0, 10.0), "unit": "Hz"}
ORDER = {"values": ("a", "b")}


def test_a_grid_combines_all_with_all_the_last_axis_fastest() -> None:
    grid = conditions(rate=RATE, order=ORDER)
    assert grid.rows == (
        {"rate": 1.0, "order": "a"},
        {"rate": 1.0, "order": "b"},
        {"rate": 10.0, "order": "a"},
        {"rate": 10.0, "order": "b"},
    )


def test_rows_go_side_by_side() -> None:
    rows = conditions("rows", rate=RATE, order=ORDER)
    assert rows.rows == ({"rate": 1.0, "order": "a"}, {"rate": 10.0, "order": "b"})


@pytest.mark.parametrize("arrangement", ["grid", "rows"])
def test_without_axes_there_is_one_condition(arrangement: str) -> None:
    assert conditions(arrangement).rows == ({},)


@pytest.mark.parametrize(
    ("arrangement", "axes", "words"),
    [
        ("grid", {"rate": {"values": ()}}, ("[conditions.rate]", "nothing to run")),
        ("rows", {"rate": RATE, "order": {"values": ()}}, ("[conditions.order]", "nothing to run")),
        ("rows", {"rate": RATE, "order": {"values": ("a",)}}, ("[conditions]", "as many values")),
        ("grid", {"rate": {"values": (1.0, 1.0)}}, ("[conditions.rate]", "twice")),
        ("grid", {"rate": {**RATE, "unit": "Hertz"}}, ("[conditions.rate]", "'Hertz'", "'hertz'")),
        ("grid", {"rate": {"values": (1.0, float("nan"))}}, ("[conditions.rate]", "finite")),
        ("grid", {"rate": {"values": (1.0, float("inf"))}}, ("[conditions.rate]", "finite")),
        ("grid", {"order": {**ORDER, "unit": "Hz"}}, ("[conditions.order]", "unit")),
    ],
)
def test_wrong_axes_are_refused(
    arrangement: str, axes: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ProtocolError) as caught:
        conditions(arrangement, **axes).check()
    assert all(word in str(caught.value) for word in words)


def test_rows_may_repeat_a_value() -> None:
    conditions("rows", rate={"values": (1.0, 1.0)}, order=ORDER).check()


@pytest.mark.parametrize(
    "name",
    ["condition", "repeat", "pre", "post", "time", "slot", "volume", "weight", "value",
     "standard_error", "n", "a/b", "", "x y", "1x"],
)  # fmt: skip
def test_an_axis_is_no_name_that_results_use(name: str) -> None:
    with pytest.raises(ProtocolError, match=r"\[conditions"):
        conditions(**{name: RATE}).check()


def test_a_text_is_a_quantity_or_an_axis() -> None:
    grid = conditions(rate=RATE)
    row = grid.rows[1]
    assert grid.quantity("rate", row, "1/minute") == 600.0
    assert grid.quantity("20 ms", row, "second") == pytest.approx(0.02, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("rates", "Hz", "no condition 'rates'. Did you mean 'rate'?"),
        ("rate", "second", "'Hz' does not measure the same as 'second'"),
        ("order", "Hz", "the axis 'order' holds words"),
        ("20 mV", "second", "'mV' does not measure the same as 'second'"),
        ("20", "second", "second"),
    ],
)
def test_a_text_that_means_no_quantity_is_refused(text: str, unit: str, words: str) -> None:
    grid = conditions(rate=RATE, order=ORDER)
    with pytest.raises(ProtocolError) as caught:
        grid.quantity(text, grid.rows[0], unit)
    assert words in str(caught.value)


def test_a_word_is_an_axis_or_itself() -> None:
    grid = conditions(order=ORDER)
    assert grid.word("order", grid.rows[1]) == "b"
    assert grid.word("post_pre_post", grid.rows[1]) == "post_pre_post"
