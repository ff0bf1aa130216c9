"""Say where a tick of the slow clock is too long for what happens in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import identifiers
from neurospine.description.model import Model
from neurospine.description.spine import Spine
from neurospine.simulation.courses import courses
from neurospine.simulation.numbers import condition_models
from neurospine.simulation.plan import Plan

#: Changes of stage in a tick, at the most, with which turnover is right to about 2 %
#: (``tests/analytic/test_turnover.py``); the error grows with their square.
MOST_CHANGES = 0.25
_VOLUMES = np.geomspace(1e-3, 5.0, 60)


def long_ticks(plan: Plan) -> Iterator[str]:
    """Yield a sentence for every projection whose spines change stage too often in a tick."""
    interval = max((s.slow_steps for s in plan.network.schedule), default=0) * plan.network.step
    models = condition_models(plan.model, plan.protocol)
    through = courses(models, plan.protocol, plan.network.schedule)
    for projection, spine in plan.model.spines.items():
        if spine.stages:
            rate, stage = max(
                _fastest(model, spine) for model in through.everywhere(spine.stages.name)
            )
            if rate * interval > MOST_CHANGES:
                yield (
                    f"projection {projection}: spines leave the stage {stage!r} up to "
                    f"{rate * interval:.2g} times in a tick of {interval:g} s; shorter ticks "
                    "are more exact"
                )


def _fastest(model: Model, spine: Spine) -> tuple[float, str]:
    """Return the largest rate (1/s) at which spines of some volume leave a stage, and that stage.

    Rates that read anything but volume and parameters are not counted.
    """
    assert spine.stages
    found = []
    for stage in spine.stages.stages:
        total = np.zeros(_VOLUMES.size)
        for transition in spine.stages.transitions:
            read = identifiers(transition.rate)
            if transition.origin == stage and read <= {*spine.stages.parameters, "volume"}:
                own = {n: model.number(spine.stages.name, n) for n in read - {"volume"}}
                total = total + evaluate(transition.rate, {**own, "volume": _VOLUMES})
        found.append((float(total.max()), stage))
    return max(found)
