"""Several runs of a sweep as one network: worth it where one alone does not fill a device."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from neurospine.simulation.joining import differing, join, kind_of
from neurospine.simulation.network import Network
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.running import run_together
from neurospine.simulation.simulate import COMPILED, find_backend
from neurospine.sweeps.job import (
    MAKING,
    Job,
    Outcome,
    aside,
    check,
    children_cpu,
    do,
    finished,
    keep,
    why,
)

#: Synapses that fill a GPU, as far as one can say without one (`assumed`).
FULL = 1_000_000
#: Backends for which runs are joined unless the user says otherwise.
JOINED = ("cuda",)


@dataclass(frozen=True)
class Batch:
    """Runs to be done together; `widened` is what numbers they differ in (`joining.join`)."""

    jobs: tuple[Job, ...]
    widened: frozenset[tuple[str, str]] = frozenset()

    @property
    def name(self) -> str:
        """The name of the first of them, which no other batch has."""
        return self.jobs[0].name


def usual_size(backend: str, plans: Iterable[Plan]) -> int:
    """Return how many runs are joined where the user does not say."""
    if backend not in JOINED:
        return 1
    return max(1, FULL // max(1, min(map(_synapses, plans), default=FULL)))


def _synapses(plan: Plan) -> int:
    return sum(synapses.pre.size for synapses in plan.network.synapses)


def batches(jobs: Sequence[Job], size: int, corners: Sequence[Plan]) -> list[Batch]:
    """Return jobs in batches of a size, or one less.

    Parameters
    ----------
    jobs
        What is to be done.
    size
        The largest size of a batch.
    corners
        Plans that have every value of the sweep.
    """
    if size == 1:
        return [Batch((job,)) for job in jobs]
    again = [make_plan(c.model, c.protocol, seed=jobs[-1].seed, form=c.form) for c in corners]
    widened: set[tuple[str, str]] = set()
    for networks in _by_kind([plan.network for plan in (*corners, *again)]):
        widened |= differing(list(networks.values()))
    number = -(-len(jobs) // size)
    ends = [len(jobs) * k // number for k in range(number + 1)]
    return [Batch(tuple(jobs[start:stop]), frozenset(widened)) for start, stop in pairwise(ends)]


def _by_kind(networks: Sequence[Network]) -> Iterator[dict[int, Network]]:
    """Yield networks that can be joined, by their number."""
    kinds: dict[str, dict[int, Network]] = {}
    for number, network in enumerate(networks):
        kinds.setdefault(kind_of(network), {})[number] = network
    yield from kinds.values()


def do_all(batch: Batch) -> tuple[str, list[Outcome]]:
    """Do the runs of a batch, unless their results are there; return its name and what came."""
    if len(batch.jobs) == 1:
        return batch.name, [do(batch.jobs[0])]
    ended, todo, plans = [], [], []
    for job in batch.jobs:
        try:
            found = finished(job.path, job.protocol)
            if found is not None:
                ended.append(Outcome(job.name, found, found=True))
                continue
            check(job)
            plans.append(_plan(job))
            todo.append(job)
        except Exception as error:
            ended.append(Outcome(job.name, why=why(error)))
    for networks in _by_kind([plan.network for plan in plans]):
        own = [todo[k] for k in networks]
        try:
            ended += _run(own, [plans[k] for k in networks], batch.widened)
        except Exception as error:
            ended += [Outcome(job.name, why=why(error)) for job in own]
    return batch.name, ended


def _run(
    jobs: Sequence[Job], plans: Sequence[Plan], widened: Collection[tuple[str, str]]
) -> list[Outcome]:
    engine, folder = find_backend(jobs[0].backend), Path(jobs[0].folder)
    with ExitStack() as stack:
        folders = [stack.enter_context(aside(folder)) for _ in jobs]
        with MAKING:
            joint = join([plan.network for plan in plans], widened)
            program = engine.build(joint)
            before = children_cpu()
            trajectories = run_together(plans, engine.name, program, joint, folders)
        used = (children_cpu() - before) / len(jobs)
        compiled = program.fresh and jobs[0].backend in COMPILED
        return [
            Outcome(job.name, keep(trajectory, job, own), compiled=compiled, program_cpu=used)
            for job, trajectory, own in zip(jobs, trajectories, folders, strict=True)
        ]


def build(batches: Iterable[Batch]) -> int:
    """Build what batches need; return how many programs were not there yet."""
    fresh = 0
    for batch in {len(batch.jobs): batch for batch in batches}.values():
        networks = [_plan(job).network for job in batch.jobs]
        engine = find_backend(batch.jobs[0].backend)
        for alike in _by_kind(networks):
            fresh += engine.build(join(list(alike.values()), batch.widened)).fresh
    return fresh


def _plan(job: Job) -> Plan:
    return make_plan(job.model, job.protocol, seed=job.seed, form=job.form)
