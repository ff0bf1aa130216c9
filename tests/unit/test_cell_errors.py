"""Wrong neurons of compartments: one paragraph with file, table and key, when files are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine import Model, Protocol
from neurospine.errors import ModelError
from neurospine.simulation.simulate import prepare

Texts = dict[str, str]
LINE = '{ value = 1.0, unit = "nS", source = "assumed", meaning = "m" }\n'
TUFT = '[compartments.tuft]\nparent = "trunk"\nlength = "length_tuft"\ndiameter = "thin"\n'
TUFT_DOES = 'mechanisms = ["leak", "ampa"]'
TREE = [
    ('[compartments.trunk]\nparent = "soma"', '[compartments.trunk]\nparent = "tuft"',
     "[compartments.trunk]: parent: the parents go in a circle: trunk -> tuft -> trunk"),
    ("[compartments.soma]\n", '[compartments.soma]\nparent = "soma"\n',
     "[compartments.soma]: parent: the parents go in a circle: soma -> soma"),
    ('parent = "trunk"', 'parent = "trnk"',
     "[compartments.tuft]: parent: no compartment 'trnk'. Did you mean 'trunk'?"),
    ('parent = "trunk"\n', "", "[compartments.tuft]: parent: missing; | 'soma', is the root"),
    ('parent = "trunk"', 'parent = "trunk"\nattached = "start"',
     "[compartments.tuft]: attached: 'trunk' starts where its own parent ends"),
    ('parent = "trunk"', 'parent = "trunk"\nattached = "top"',
     "[compartments.tuft]: attached: | 'top'"),
    ("segments = 2", "segments = 0",
     "[compartments.trunk]: segments: | greater than or equal to 1"),
    ("segments = 2", "segments = 100000", "[compartments.trunk]: segments: | 200"),
    ("[compartments.soma]\n", "[compartments.soma]\nsegments = 3\n",
     "[compartments.soma]: segments: the root makes the spikes and cannot be cut"),
    ("compartments.basal", 'compartments."my dendrite"',
     "[compartments.my dendrite]: 'v_my dendrite' is not a name"),
    ("compartments.basal", "compartments.trunk_1",
     "[compartments.trunk_1]: 'trunk_1' is also the name of a piece"),
    ("diameter = \"thick\"\n", "", "[compartments.trunk]: the key 'diameter' is missing"),
]  # fmt: skip
SIZES = [
    ('diameter = "thick"', 'diameter = "thik"',
     "[compartments.trunk]: diameter: no parameter 'thik'. Did you mean 'thick'?"),
    ("thin = { value = 1.0", "thin = { value = 0.0",
     "[compartments.tuft]: diameter: | 'thin' = 0 um must be positive"),
    ("length_tuft = { value = 100.0", "length_tuft = { value = -1.0",
     "[compartments.tuft]: length: | 'length_tuft' = -1 um must be positive"),
    ('size = { value = 20.0, unit = "um"', 'size = { value = 20.0, unit = "um**2"',
     "[compartments.soma]: length: the parameter 'size' (in um**2) is not a length"),
    ('unit = "uF/cm**2"', 'unit = "uF"',
     "[membrane]: capacitance: | (in uF) is not a capacitance of an area"),
    ('unit = "ohm*cm"', 'unit = "ohm"', "[membrane]: axial_resistivity: | is not a resistivity"),
    ('value = -70.0, unit = "mV"', 'value = -70.0, unit = "pA"',
     "[membrane]: potential: | 'v_start' (in pA) is not a potential"),
    ('potential = "v_start"', 'potential = "v_strt"',
     "[membrane]: potential: no parameter 'v_strt'. Did you mean 'v_start'?"),
    ('axial_resistivity = "resistivity"\n', "", "[membrane]: axial_resistivity: missing"),
    ('parent = "trunk"', 'parent = "trunk"\ncoupling = "1/thin"',
     "[compartments.tuft]: coupling: '1/thin' is not a conductance"),
    ('parent = "trunk"', 'parent = "trunk"\ncoupling = "thin"',
     "[compartments.tuft]: coupling: the parameter 'thin' (in um) is not a conductance"),
    ('method = "crank_nicolson"', 'method = "euler"', "method: | 'crank_nicolson', found 'euler'"),
    ('method = "crank_nicolson"', 'method = "crank_nicolson"\nreset = "v = 0"',
     "[reset]: a neuron has either equations or compartments"),
    ("[parameters]\n", f"[parameters]\nspare = {LINE}",
     "[parameters.spare]: the parameter is not used anywhere"),
]  # fmt: skip
USED = [
    (TUFT_DOES, 'mechanisms = ["leak", "amps"]',
     "[compartments.tuft]: mechanisms: no model named 'amps'"),
    (TUFT_DOES, 'mechanisms = ["leak", "pair"]',
     "[compartments.tuft]: mechanisms: | pair.toml: a mechanism is wanted here"),
    (TUFT_DOES, 'mechanisms = ["ampa", "ampa"]',
     "[compartments.tuft]: mechanisms: 'ampa' is given twice"),
    (TUFT_DOES, 'mechanisms = ["ampa", "spiking"]',
     "[compartments.tuft]: mechanisms: 'spiking' makes spikes; | the root, 'soma'"),
    ('mechanisms = ["leak", "spiking"]', 'mechanisms = ["leak", "spiking", "other"]',
     "[compartments.soma]: mechanisms: 'other' makes spikes"),
    ('mechanisms = ["leak", "spiking"]', 'mechanisms = ["leak"]',
     "[compartments.soma]: mechanisms: none has a threshold"),
    (TUFT_DOES, 'mechanisms = ["ampa", "slow"]',
     "[compartments.tuft]: mechanisms: 'slow' needs the port 'calcium'"),
    (TUFT_DOES, 'mechanisms = ["ampa", "twin"]',
     "[compartments.tuft]: mechanisms: 'ampa' and 'twin' both | 'ampa_open'; rename one"),
    ("thin = {", f"v_reset = {LINE}thin = {{",
     "[parameters.v_reset]: the neuron and the mechanism 'spiking' both have it; rename one"),
    ("e_leak = {", "e_lek = {", "[values.e_lek]: no mechanism | Did you mean 'e_leak'?"),
    ("tau_ampa_tuft = {", "tau_ampa_basal = {", "[values.tau_ampa_basal]: no mechanism"),
    ('value = 4.0, unit = "ms"', 'value = 4.0, unit = "mV"', "[values.tau_ampa_tuft]: | 'mV' | ms"),
    ("value = 4.0", "value = 400.0", "[values.tau_ampa_tuft]: | outside its range 0.1 to 100 ms"),
    ("values = { length_trunk", "values = { length_trnk",
     "[sets.stubby]: no parameter 'length_trnk'. Did you mean 'length_trunk'?"),
]  # fmt: skip
GATE = "-ampa_open/tau_ampa : siemens"
MECHANISM = [
    (GATE, "-ampa_open**2/tau_ampa/e_conductance : siemens",
     "[equations]: the rate of 'ampa_open' | is not linear in it"),
    (f'"dampa_open/dt = {GATE}"', f"'''\ndampa_open/dt = a : siemens\na = {GATE}/second\n'''",
     "[equations]: the rate of 'ampa_open' depends on it by way of 'a'"),
    (GATE, "-ampa_open/tau_amp : siemens", "[equations]: | 'tau_amp'. Did you mean 'tau_ampa'?"),
    (GATE, "-ampa_open*tau_ampa : siemens",
     "[equations]: equation of 'ampa_open': | siemens/second"),
    ('conductance = "ampa_open"', 'conductance = "ampa_open*v"',
     "[conductance]: 'ampa_open*v' is not a conductance"),
    ('reversal = "e_ampa"\n', "", "conductance: goes with reversal"),
    ('reversal = "e_ampa"', 'reversal = "tau_ampa"', "[reversal]: 'tau_ampa' is not a potential"),
    ('calcium = "calcium_share"', 'calcium = "e_ampa"',
     "[carries.calcium]: 'e_ampa' is not a parameter"),
    ('"ampa_open +=', '"ampa_opn +=', "[receives]: 'ampa_opn += | Did you mean 'ampa_open'?"),
    ('"ampa_open +=', '"ampa_open =', "[receives]: 'ampa_open = …': an event adds, with +="),
    ('summary = "s"', 'summary = "s"\nneeds = ["calcum"]', "needs: no port 'calcum'. | 'calcium'?"),
    ('summary = "s"', 'summary = "s"\nprovides = ["calcium"]',
     "provides: 'calcium' is no variable"),
    ('summary = "s"', 'summary = "s"\nthreshold = "v > e_ampa"', "threshold: goes with refractory"),
    ('summary = "s"', 'summary = "s"\non_spke = "v = 1"', "unknown key 'on_spke'. | 'on_spike'?"),
    ("[parameters]", '[initial]\nampa_open = "e_ampa"\n[parameters]',
     "[initial.ampa_open]: 'e_ampa' is not a parameter with the unit"),
    ("[parameters]", f"[parameters]\narea = {LINE}", "'area' is given by the compartment"),
]  # fmt: skip
PROJECTION = [
    ('["trunk", "tuft"]', '["trunk", "tuf"]',
     "compartments: no compartment 'tuf'. Did you mean 'tuft'?"),
    ('["trunk", "tuft"]', '["trunk", "basal"]', "receptors: 'basal' has no receptor 'ampa'"),
    ('["trunk", "tuft"]', '["trunk", "trunk_1"]', "compartments: 'trunk' is given twice"),
    ('compartments = ["trunk", "tuft"]\n', "", "compartments: missing; receptors are on"),
    ("receptors = { ampa", "receptors = { amp",
     "receptors: | no receptor 'amp'. Did you mean 'ampa'?"),
    ('"ampa_peak" }', '"ampa_pek" }',
     "receptors: no parameter 'ampa_pek'. Did you mean 'ampa_peak'?"),
    ('"ampa_peak" }', '"axonal_delay" }', "receptors: 'axonal_delay' is not a conductance"),
    ('"ampa_peak" }', '"ampa_peak" }\neffect = "v_soma += 1*mV"', "effect: receptors say"),
    ('receptors = { ampa = "ampa_peak" }',
     'effect = "ampa_open_tuft += weight*ampa_peak*(ampa_peak*neck_resistance)"',
     "effect: | unknown name 'neck_resistance'"),
    ('compartments = ["trunk", "tuft"]\nreceptors = { ampa = "ampa_peak" }',
     'compartments = ["tuft"]\neffect = "ampa_open_tuft += weight*ampa_peak*place"',
     "effect: | unknown name 'place'"),
    ('receptors = { ampa = "ampa_peak" }\n\n[parameters]\n',
     f'effect = "ampa_open_tuft += weight*(ampa_peak + tau_ampa)"\n\n[parameters]\n'
     f'tau_ampa = {LINE}',
     "effect: 'tau_ampa' is a parameter of the circuit and of the neurons of 'cell'; rename one"),
    ('neuron = "branched"', 'neuron = "leaky"',
     "compartments: the neurons of 'cell' have no compart"),
    ('neuron = "branched"\n', "", "compartments: the neurons of 'cell' have no compartments"),
]  # fmt: skip
CASES = [
    *(("branched", *case) for case in [*TREE, *SIZES, *USED]),
    *(("ampa", *case) for case in MECHANISM),
    *(("circuit", old, new, f"[projections.spines]: {words}") for old, new, words in PROJECTION),
]


def changed(texts: Texts, file: str, old: str, new: str) -> Texts:
    """Return the files with one change, and mechanisms that do not go with the others."""
    spiking = texts["spiking"].replace("spiking", "other")
    for name in ("v_threshold", "v_reset", "refractory_period"):
        spiking = spiking.replace(name, f"other_{name}")
    twin = texts["ampa"].replace('name = "ampa"', 'name = "twin"')
    for name in ("tau_ampa", "e_ampa", "calcium_share"):
        twin = twin.replace(name, f"twin_{name}")
    if "e_conductance" in new:
        texts["ampa"] += f"e_conductance = {LINE}"
    assert old in texts[file]
    return {**texts, "other": spiking, "twin": twin, file: texts[file].replace(old, new, 1)}


def test_the_files_are_right_before_they_are_changed(branched: Texts) -> None:
    circuit = branched.pop("circuit")
    assert Model.from_text(circuit, parts=branched).cells["cell"].part.name == "branched"


@pytest.mark.parametrize(("file", "old", "new", "words"), CASES)
def test_a_wrong_cell_is_refused(
    branched: Texts, file: str, old: str, new: str, words: str
) -> None:
    texts = changed(branched, file, old, new)
    with pytest.raises(ModelError) as caught:
        Model.from_text(texts.pop("circuit"), parts=texts)
    message = str(caught.value)
    assert [word for word in (f"<{file}>: ", *words.split(" | ")) if word not in message] == []
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"thin": 0.0}, "neuron 'branched': diameter: 'thin' must be positive"),
        (
            {"length_tuft": -5.0},
            "neuron 'branched': length: 'length_tuft' must be positive",
        ),
        (
            {"resistivity": 0.0},
            "neuron 'branched': axial_resistivity: 'resistivity' must be positive",
        ),
        ({"tau_calcium": 0.0}, "neuron 'branched': 'calcium_trunk_1' has no value at the start"),
    ],
)
def test_a_value_that_makes_no_cell_is_refused_before_a_run(
    branched: Texts, values: dict[str, float], words: str
) -> None:
    phase = {"name": "a", "duration": "1 ms", "stimuli": ()}
    protocol = Protocol(
        name="p", model={"circuit": "alone"}, step="0.1 ms", record_every="1 ms", phases=(phase,)
    )
    model = Model.from_text(branched.pop("circuit"), parts=branched).with_parameters(values)
    with pytest.raises(ModelError) as caught:
        prepare(model, protocol)
    assert words in str(caught.value)


def test_check_tells_which_file_is_wrong(
    branched: Texts, command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "models"
    folder.mkdir(parents=True)
    texts = changed(branched, "branched", TUFT_DOES, 'mechanisms = ["leak", "amps"]')
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text.replace('name = "alone"', 'name = "circuit"'))
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(folder.parent))
    for name in ("branched", "circuit"):
        done = command("check", name)
        assert done.status == 2
        assert "branched.toml: [compartments.tuft]: mechanisms: no model named 'amps'" in done.err
        assert "Did you mean 'ampa'?" in done.err
