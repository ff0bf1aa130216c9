"""What each plasticity rule costs in a recurrent network, relative to pair STDP with neuron traces.

The network is that of `plastic_network` with contacts too weak to matter, so that all rules see
the same spikes; structures and readouts are alike, and nothing works on the slow clock.
"""

import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Report, in_turn, spread
from neurospine import Model, Protocol
from neurospine.description.library import find_file
from neurospine.results import segments
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.form import FormName
from neurospine.simulation.plan import make_plan

CELLS = 1000
SECONDS = 10.0
RULES = ("pair", "pair_multiplicative", "triplet", "graupner_brunel", "clopath", "structural")
#: The pair rule unfolded: what others are compared with.
PLAIN = "pair, neuron traces"
STRUCTURES = {"graupner_brunel": "bistable_volume"}


def run(report: Report, synapses: int, repeats: int) -> None:
    """Print processor seconds per biological second for each rule."""
    work = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
    runs, forms = {}, {}
    for rule in RULES:
        runs[rule], forms[rule] = _program(rule, synapses, work / rule)
    runs[PLAIN], forms[PLAIN] = _program("pair", synapses, work / PLAIN, form="neuron_traces")
    seconds = in_turn(runs, repeats)
    first = statistics.median(seconds[PLAIN])
    rows = []
    for rule, values in seconds.items():
        spikes = sum(record.count for record in segments.read(work / rule, "spikes_neurons"))
        median = statistics.median(values)
        rows.append(
            {
                "rule": rule,
                "form": forms[rule],
                "CPU s per biological s": spread([s / SECONDS for s in values]),
                "times plain": median / first,
                "rate in Hz": spikes / CELLS / SECONDS,
                "ns an arrival": median * 1e9 / (spikes * synapses / CELLS),
            }
        )
    report.table(f"plasticity rules, {synapses:.0e} synapses", rows)
    shutil.rmtree(work, ignore_errors=True)


def _program(
    rule: str, synapses: int, folder: Path, form: FormName | None = None
) -> tuple[Callable[[], None], str]:
    """Return what runs the network with a rule once, and the form of the rule."""
    protocol = Protocol(
        name="ten_seconds",
        record_every=f"{SECONDS} s",
        phases=[{"name": "activity", "duration": f"{SECONDS} s"}],
    )
    structure = STRUCTURES.get(rule, "head_volume")
    parts = {
        "spine_of_rule": 'schema = 1\nkind = "spine"\nname = "spine_of_rule"\n'
        f'summary = "A rule alone."\nuse = ["{rule}", "{structure}", "volume_weight"]\n'
    }
    circuit = find_file("recurrent_network", "models").read_text()
    model = Model.from_text(circuit, parts=parts, spine="spine_of_rule")
    network_plan = make_plan(
        model.with_parameters(in_degree=synapses // CELLS, recurrent_current="1 pA"),
        protocol,
        seed=1,
        form=form,
    )
    program = StandaloneBackend().build(network_plan.network)

    def once() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        program.run(network_plan.network, folder, lambda seconds: None)

    return once, network_plan.forms["recurrent"].name
