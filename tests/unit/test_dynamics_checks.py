"""Intrinsic dynamics and stages: what they may say, and how they meet the other parts.

Errors within one part have files in `invalid`; these are about what is allowed, and
about parts that fit only alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from neurospine import Model
from neurospine.description.composition import check_alone
from neurospine.description.library import shipped_folder
from neurospine.description.parts import parse_part
from neurospine.errors import ModelError

HERE = Path(__file__).parent
CIRCUIT = """
kind    = "circuit"
name    = "dendrite"
summary = "A cell with a few axons."

[populations.axons]
size = 3

[populations.cell]
size = 1

[projections.spines]
from         = "axons"
to           = "cell"
spine        = "own"
delay        = "axonal_delay"
connectivity = { rule = "all_to_all" }

[parameters]
axonal_delay = { value = 0, unit = "ms", meaning = "Delay", source = "assumed" }
"""
STAGES = (HERE / "valid" / "known_stage.toml").read_text()
STEP = (HERE / "valid" / "drift_dimension.toml").read_text()
ABSORBED = (HERE / "valid" / "survival_of_a_lowest_volume.toml").read_text()
RATE = "loss_rate/(1 + volume/birth_volume)"
READOUT = """
kind    = "readout"
name    = "{name}"
summary = "A weight."

[weight]
unit  = "1"
value = "{value}"

[parameters]
slope = {{ value = 2, unit = "1/um**3", plain = true, meaning = "Slope", source = "assumed" }}
"""


def compose(*use: str, **parts: str) -> Model:
    """Return a dendrite whose spines are made of parts of the library and of these."""
    names = ", ".join(f'"{name}"' for name in (*use, *parts))
    spine = f'kind = "spine"\nname = "own"\nsummary = "A spine."\nuse = [{names}]\n'
    own = {"drift_dimension": STEP, "known_stage": STAGES}
    given = {name: own[name] for name in use if name in own}
    return Model.from_text(CIRCUIT, spine="own", parts={"own": spine, **given, **parts})


def readout(value: str) -> str:
    return READOUT.format(name="readout", value=value)


def named(text: str, name: str, *changes: tuple[str, str]) -> str:
    """Return the text of a part under another name, with changes."""
    first, rest = text.split('name    = "', 1)
    made = f'{first}name    = "{name}"{rest[rest.index(chr(10)) :]}'
    for old, new in changes:
        assert old in made
        made = made.replace(old, new)
    return made


@pytest.mark.parametrize(
    "rate",
    [
        "loss_rate*volume/birth_volume",
        "loss_rate*weight/birth_volume",
        "loss_rate*exp(-age*loss_rate)*birth_volume",
        "loss_rate/(1 + (volume/birth_volume)**4)",
        "loss_rate*int(volume < birth_volume)",
        "0*loss_rate*birth_volume",
    ],
)
def test_a_rate_may_read_size_weight_and_age(rate: str) -> None:
    check_alone(parse_part(STAGES.replace(RATE, rate), "<file>"), "<file>")


@pytest.mark.parametrize("name", ["drive", "interval", "stage", "unknown", "birth"])
def test_a_rate_reads_nothing_else(name: str) -> None:
    changed = STAGES.replace(RATE, f"{RATE}*{name}")
    with pytest.raises(ModelError, match=rf"\[transitions\.2.*unknown name '{name}'"):
        check_alone(parse_part(changed, "<file>"), "<file>")


def test_stages_are_numbered_in_their_order_from_absent() -> None:
    part = parse_part((HERE / "valid" / "every_stage_within_reach.toml").read_text(), "<file>")
    assert part.numbers == {"absent": 0, "spine": 1, "old": 2}
    assert [stage.fluctuates for stage in part.stages.values()] == [True, True, False]


def test_a_step_needs_no_equation() -> None:
    """The equation says what the step is meant to do; the step is what is done."""
    start, stop = STEP.index("[process]"), STEP.index("[step]")
    check_alone(parse_part(STEP[:start] + STEP[stop:], "<file>"), "<file>")


def test_a_spine_may_live_without_rule_and_have_a_rule_without_living() -> None:
    bare = compose("head_volume", "volume_weight").spines["spines"]
    assert (bare.rule, bare.intrinsic, bare.stages, bare.lives) == (None, None, None, False)
    assert len(bare.parts) == 2
    alive = compose("head_volume", "drift_dimension", "volume_weight").spines["spines"]
    assert alive.lives
    assert alive.rule is None
    whole = compose("volume_weight", "known_stage", "pair", "head_volume", "drift_dimension")
    assert [part.kind for part in whole.spines["spines"].parts] == [
        "plasticity", "structure", "intrinsic", "stages", "readout",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (("drift_dimension", "volume_weight"), ("'drift_dimension' needs", "port 'volume'")),
        (("known_stage", "volume_weight"), ("'known_stage' needs", "port 'volume'")),
        (("head_volume", "drift_dimension"), ("'use' lacks a part of kind readout",)),
    ],
)
def test_a_spine_has_volume_and_weight(use: tuple[str, ...], words: tuple[str, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        compose(*use)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize("kind", ["intrinsic", "stages"])
def test_a_spine_has_one_dynamics_and_one_set_of_stages(kind: str) -> None:
    second = named(STEP if kind == "intrinsic" else STAGES, "second")
    with pytest.raises(ModelError, match=f"two parts of kind {kind}"):
        compose("head_volume", "drift_dimension", "known_stage", "volume_weight", second=second)


def test_dynamics_that_eliminate_spines_need_stages() -> None:
    absorbed = named(ABSORBED, "absorbed")
    with pytest.raises(ModelError, match=r"'own': .* eliminate spines.*kind stages"):
        compose("head_volume", "volume_weight", absorbed=absorbed)
    compose("head_volume", "known_stage", "volume_weight", absorbed=absorbed)


@pytest.mark.parametrize("value", ["volume*slope + 1", "slope", "exp(volume*slope)"])
def test_an_absent_spine_has_no_weight(value: str) -> None:
    own = readout(value)
    compose("head_volume", readout=own.replace('"1/um**3", plain = true', '"1"'))
    with pytest.raises(ModelError, match=r"<readout>: \[weight\]: .*must have weight 0"):
        compose("head_volume", "known_stage", readout=own)
    compose("head_volume", "known_stage", readout=readout("slope*volume**2"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("tau", "tau_plus", ("[parameters.tau_plus]", "'pair'")),
        ("fluctuation", "pre_trace", ("[parameters.pre_trace]", "'pair'")),
        ("fluctuation", "birth_rate", ("[parameters.birth_rate]", "'second'")),
        ("fluctuation", "volume_lowest", ("[parameters.volume_lowest]", "'head_volume'")),
    ],
)
def test_parts_of_a_living_spine_have_no_name_in_common(
    old: str, new: str, words: tuple[str, ...]
) -> None:
    second = named(STEP, "second", (old, new))
    with pytest.raises(ModelError) as caught:
        compose("pair", "head_volume", "known_stage", "volume_weight", second=second)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_step_has_no_two_normals_of_one_name() -> None:
    second = named(STEP, "second", ('["fluctuation"]', '["fluctuation", "fluctuation"]'))
    with pytest.raises(ModelError, match="'fluctuation'"):
        compose("head_volume", "volume_weight", second=second)
    clash = named(STEP, "second", ('["fluctuation"]', '["fluctuation", "centre"]'))
    with pytest.raises(ModelError, match="'centre'"):
        compose("head_volume", "volume_weight", second=clash)


@pytest.mark.parametrize("target", ["stage", "turned", "volume", "sampled"])
def test_a_rule_does_not_write_what_is_not_its_own(target: str) -> None:
    rule = (shipped_folder() / "models/plasticity/pair.toml").read_text()
    (line,) = (line for line in rule.splitlines() if line.startswith("on_pre"))
    code = line.split("=", 1)[1].strip().strip('"')
    changed = rule.replace(line, f"on_pre = '''\n{target} = 0.5\n{code}\n'''")
    with pytest.raises(ModelError, match=rf"\[synapse\.on_pre\]: '{target}'"):
        check_alone(parse_part(changed, "<file>"), "<file>")
