"""What becomes of spike traces in time in which nothing spikes."""

from __future__ import annotations

from collections.abc import Iterator

from neurospine.simulation.form import Form
from neurospine.simulation.form_choice import decays
from neurospine.simulation.network import Border
from neurospine.simulation.numbers import Numbers

#: What the folded form keeps on cells, the second also for each place or kind of eligibility.
_FOLDED = ("grown", "pending")


def forgetting(numbers: Numbers, projection: str, form: Form) -> Iterator[Border]:
    """Yield what takes spike traces to zero, where nothing spikes for long.

    What does not decay to zero by itself stays as it is.
    """
    parts = numbers.model.spines[projection].parts
    found = [
        {name: model.number(part.name, name) for part in parts for name in part.parameters}
        for model in numbers.courses.everywhere(*(part.name for part in parts))
    ]
    owners = [(projection, form.equations)]
    owners += [
        (f"{projection}_{label}", block.equations)
        for label, block in (("axon", form.presynaptic), ("cell", form.postsynaptic))
    ]
    for owner, equations in owners:
        traces = [
            e.name
            for e in equations
            if _of_fold(e.name) or all(decays(e, known) for known in found)
        ]
        if traces:
            code = "\n".join(f"{name} = 0*{name}" for name in traces)
            yield Border(owner, "quiet", "quiet", code)


def _of_fold(name: str) -> bool:
    return name in _FOLDED or name.startswith((f"{_FOLDED[1]}_", "eligible_"))
