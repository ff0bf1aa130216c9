"""Where spines lie: along one dendrite of a cell, at even distances, or all at one place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from neurospine import Model, Protocol
from neurospine.errors import ModelError
from neurospine.simulation.courses import Courses
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.sites import dendrite_lengths

CIRCUIT = """
kind = "circuit"
name = "line"
summary = "s"

[populations.axons]
size = "n"

[populations.cells]
size = 2

[projections.spines]
from = "axons"
to = "cells"
spine = "fixed_contact"
delay = "d"
connectivity = { rule = "all_to_all" }
KEYS

[projections.other]
from = "axons"
to = "cells"
spine = "fixed_contact"
delay = "d"
connectivity = { rule = "all_to_all" }
OTHER

[parameters]
n    = { value = 5, unit = "1", source = "assumed", meaning = "m" }
d    = { value = 1, unit = "ms", source = "assumed", meaning = "m" }
"""
NUMBERS = {
    "reach": 'reach = { value = 100, unit = "um", source = "assumed", meaning = "m" }\n',
    "spot": 'spot = { value = 30, unit = "um", source = "assumed", meaning = "m" }\n',
}
LENGTH = 'length = "reach"'
Texts = dict[str, str]


def line(keys: str, other: str = "") -> Model:
    """Return a model with these keys of its projections, and the parameters that they name."""
    numbers = "".join(text for name, text in NUMBERS.items() if f'"{name}"' in keys + other)
    return Model.from_text(CIRCUIT.replace("KEYS", keys).replace("OTHER", other) + numbers)


def planned(model: Model, seed: int = 1, **more: Any) -> Plan:
    phases = [{"name": "a", "duration": "10 ms"}]
    facts = {"name": "p", "step": "1 ms", "record_every": "10 ms", "phases": phases}
    return make_plan(model, Protocol(**{**facts, **more}), seed=seed)


def axis(parameter: str, *values: float) -> dict[str, Any]:
    return {"where": {"values": values, "unit": "um", "meaning": "m", "parameter": parameter}}


def test_spines_lie_at_random_along_the_length() -> None:
    model = line(LENGTH).with_parameters(n=2000)
    plan = planned(model, repeats=2, conditions=axis("reach", 100, 50))
    sites = plan.slots["spines"].sites
    assert sites.segments == ()
    assert sites.place.size == 0
    assert set(sites.compartment) == {"dendrite"}
    first, second, half, other = sites.position.reshape(4, -1)
    assert kstest(first / 100, "uniform").pvalue > 0.01
    np.testing.assert_allclose(half, first / 2)  # one repeat: the same random numbers
    np.testing.assert_allclose(other, second / 2)
    assert not np.any(first == second)
    assert plan.slots["other"].sites.position.size == 0


def test_spines_of_each_cell_are_at_even_distances() -> None:
    slots = planned(line(f'{LENGTH}\nplacement = "even"'), repeats=2).slots["spines"]
    for cell in range(4):
        np.testing.assert_allclose(slots.sites.position[slots.post == cell], [10, 30, 50, 70, 90])


def test_all_spines_may_lie_at_one_place_that_differs_between_conditions() -> None:
    model = line(f'{LENGTH}\nposition = "spot"', LENGTH)
    plan = planned(model, conditions=axis("spot", 0, 30, 100))
    positions = plan.slots["spines"].sites.position.reshape(3, -1)
    np.testing.assert_allclose(positions, np.repeat([[0], [30], [100]], 10, axis=1))
    assert plan.slots["other"].sites.first == "dendrite"
    assert np.ptp(plan.slots["other"].sites.position) > 1


def test_what_spreads_along_a_dendrite_knows_its_length() -> None:
    models = [line(LENGTH).with_parameters(reach=reach) for reach in (100, 50)]
    found = dendrite_lengths(Numbers(Courses(tuple(models)), 2), "spines")
    assert list(found) == ["dendrite"]
    np.testing.assert_allclose(found["dendrite"], [100, 100, 50, 50])
    assert dendrite_lengths(Numbers(Courses(tuple(models)), 2), "other") == {}


@pytest.mark.parametrize(
    ("keys", "other", "words"),
    [
        ('length = "reech"', LENGTH,
         "[projections.spines]: length: no parameter 'reech'. Did you mean 'reach'?"),
        ('length = "d"', "", "[projections.spines]: length: 'd' is not a length"),
        (f'{LENGTH}\nposition = "d"', "", "[projections.spines]: position: 'd' is not a length"),
        (f'{LENGTH}\nposition = "spott"', f'{LENGTH}\nposition = "spot"',
         "[projections.spines]: position: no parameter 'spott'. Did you mean 'spot'?"),
        ('position = "spot"', "", "[projections.spines]: position: there is no dendrite"),
        ('placement = "even"', "", "[projections.spines]: placement: there is no dendrite"),
        (f'{LENGTH}\nplacement = "evn"', "", "[projections.spines]: placement: | 'evn'"),
        (f'{LENGTH}\nplacement = "even"\nposition = "spot"', "",
         "[projections.spines]: placement: with 'position' all spines lie at one place"),
        (f'{LENGTH}\ncompartments = ["trunk"]', "",
         "[projections.spines]: compartments: the neurons of 'cells' have no compartments"),
        (LENGTH, 'length = "spot"',
         "[projections.spines]: length: the cells of 'cells' have one dendrite, which is 'spot' "
         "long in [projections.other]"),
        ("length = 100", "", "[projections.spines]: length: the name of a parameter is wanted"),
    ],
)  # fmt: skip
def test_keys_that_do_not_go_together(keys: str, other: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        line(keys, other)
    for part in words.split(" | "):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("spot", 100.001, "[projections.spines]: position: parameter line.spot: 100.001 um is "
         "not on the dendrite, 0 to 100 um"),
        ("spot", -1, "position: parameter line.spot: -1 um is not on the dendrite"),
        ("reach", 20, "position: parameter line.spot: 30 um is not on the dendrite, 0 to 20 um"),
        ("reach", 0, "[projections.spines]: length: parameter line.reach: must be positive, "
         "found 0 um"),
    ],
)  # fmt: skip
def test_a_place_is_on_the_dendrite_in_every_condition(name: str, value: float, words: str) -> None:
    model = line(f'{LENGTH}\nposition = "spot"')
    planned(model, conditions=axis(name, 60))
    with pytest.raises(ModelError) as caught:
        planned(model, conditions=axis(name, 60, value))
    assert words in str(caught.value)


# -- on compartments ------------------------------------------------------------------------


def branching(texts: Texts, keys: str) -> Model:
    circuit = texts["circuit"].replace('compartments = ["trunk", "tuft"]', keys)
    if '"spot"' in keys:
        circuit += NUMBERS["spot"]
    if '"reach"' in keys:
        circuit += NUMBERS["reach"]
    parts = {**texts, "circuit": circuit}
    return Model.from_text(parts.pop("circuit"), parts=parts)


ON_TRUNK = 'compartments = ["trunk"]\nposition = "spot"'


def test_a_place_is_on_one_of_the_pieces_of_a_compartment(branched: Texts) -> None:
    model = branching(branched, ON_TRUNK)
    for place, piece in ((0, 0), (149, 0), (151, 1), (300, 1)):
        sites = planned(model.with_parameters(spot=place)).slots["spines"].sites
        assert sites.segments == ("trunk_1", "trunk_2")
        assert set(sites.place) == {piece}
        assert set(sites.compartment) == {"trunk"}
        np.testing.assert_allclose(sites.position, place)
    assert sites.ends.tolist() == [[0, pytest.approx(300)]]


def test_a_place_on_one_piece_counts_from_the_start_of_the_compartment(branched: Texts) -> None:
    model = branching(branched, ON_TRUNK.replace("trunk", "trunk_2"))
    sites = planned(model.with_parameters(spot=160)).slots["spines"].sites
    assert set(sites.place) == {0}
    np.testing.assert_allclose(sites.position, 160)
    with pytest.raises(ModelError, match="30 um is not on the trunk, 150 to 300 um"):
        planned(model)


def test_even_spines_are_even_over_the_membrane(branched: Texts) -> None:
    keys = 'compartments = ["trunk", "tuft"]\nplacement = "even"'
    sites = planned(branching(branched, keys)).slots["spines"].sites
    trunk, tuft = (sites.position[sites.compartment == name] for name in ("trunk", "tuft"))
    assert (trunk.size, tuft.size) == (360, 40)  # areas are as 900 to 100
    np.testing.assert_allclose(trunk, (np.arange(360) + 0.5) * 300 / 360)
    np.testing.assert_allclose(tuft, (np.arange(40) + 0.5) * 100 / 40)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('compartments = ["trunk", "tuft"]\nposition = "spot"',
         "[projections.spines]: position: counts along one compartment, and 2 are named"),
        ('compartments = ["trunk"]\nlength = "reach"',
         "[projections.spines]: length: that of compartments is in the file of the neuron"),
    ],
)  # fmt: skip
def test_keys_that_do_not_go_with_compartments(branched: Texts, keys: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        branching(branched, keys)
    assert words in str(caught.value)


def test_a_cell_with_dendrites_has_their_lengths(branched: Texts) -> None:
    texts = {
        **branched,
        "circuit": branched["circuit"]
        .replace('receptors = { ampa = "ampa_peak" }', "")
        .replace('ampa_peak = { value = 0.1, unit = "nS", source = "assumed", meaning = "m" }', ""),
    }
    with pytest.raises(ModelError, match="length: the neurons of 'cell' have dendrites of their"):
        branching(texts, LENGTH)
