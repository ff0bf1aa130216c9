"""Who does the runs: processes on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Generator, Sequence
from typing import Any

from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from neurospine.errors import BuildError
from neurospine.simulation.plan import make_plan
from neurospine.simulation.simulate import COMPILED, find_backend
from neurospine.sweeps.batch import Batch, do_all
from neurospine.sweeps.grid import Point
from neurospine.sweeps.job import Job, Outcome

#: So often in a row all processes may be lost without a run coming to its end.
MOST_LOSSES = 3
#: Jobs for each thread of a cluster that are handed over before they can start.
AHEAD = 3


def locally(batches: Sequence[Batch], processes: int | None) -> Generator[Outcome, None, None]:
    """Do batches in processes of this machine (default: one a processor), in any order.

    A process that is killed takes the others with it; what was not done is done again.
    """
    processes = min(processes or cpu_count(), len(batches))
    left = {batch.name: batch for batch in batches}
    losses = 0
    while left:
        workers = Parallel(
            n_jobs=processes, backend="loky", batch_size=1, return_as="generator_unordered"
        )
        try:
            with warnings.catch_warnings():
                # joblib warns when a process is replaced that had grown.
                warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")
                for name, outcomes in workers(delayed(do_all)(b) for b in list(left.values())):
                    del left[name]
                    losses = 0
                    yield from outcomes
        except TerminatedWorkerError:
            losses += 1
            if losses == MOST_LOSSES:
                yield from (Outcome(j.name, why=_KILLED) for b in left.values() for j in b.jobs)
                return


_KILLED = (
    f"the process of this run, or one beside it, was killed {MOST_LOSSES} times (for want of "
    "memory?); try with fewer jobs"
)


def on_cluster(
    batches: Sequence[Batch], address: str, corners: Sequence[Point], job: Job
) -> Generator[Outcome, None, None]:
    """Do batches on the workers of a Dask cluster, in any order.

    Programs are built once on each machine first. What a worker was doing when it was lost is
    done again by another one.

    Parameters
    ----------
    batches
        What is to be done.
    address
        That of the scheduler.
    corners, job
        What programs are built for, and any of the jobs.
    """
    from distributed import as_completed

    with connected(address) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        hosts = {about["host"]: name for name, about in workers.items()}
        builds = [
            client.submit(
                build_all, corners, job, workers=[name], pure=False, retries=len(workers),
                allow_other_workers=True,
            )
            for name in hosts.values()
        ]  # fmt: skip
        client.gather(builds, errors="skip")  # what went wrong there, the runs will say
        waiting = iter(batches)
        threads = sum(about["nthreads"] for about in workers.values())
        ahead = max(2, AHEAD * threads)
        started = {_submit(client, b): b for b in itertools.islice(waiting, ahead)}
        ended = as_completed(list(started), loop=client.loop)
        for future in ended:
            done = started.pop(future)
            if future.status == "finished":
                yield from future.result()[1]
            else:
                lost = future.status != "error"
                why = "the cluster lost it" if lost else f"{future.exception()}"
                yield from (Outcome(job.name, why=why) for job in done.jobs)
            for batch in itertools.islice(waiting, 1):
                more = _submit(client, batch)
                started[more] = batch
                ended.add(more)


def _submit(client: Any, batch: Batch) -> Any:
    key = f"neurospine-{batch.jobs[0].folder}-{batch.name}"
    return client.submit(do_all, batch, key=key, pure=False)


def connected(address: str) -> Any:
    """Return a client of the scheduler at an address.

    Raises
    ------
    BuildError
        If Dask is not installed, no scheduler answers or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise BuildError(
            "a sweep on a cluster needs Dask: pip install 'neurospine[distributed]'"
        ) from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise BuildError(
            f"--scheduler {address}: no Dask scheduler answers ({error or type(error).__name__}); "
            "an address is such as tcp://host:8786"
        ) from None
    if not client.scheduler_info(n_workers=-1)["workers"]:
        client.close()
        raise BuildError(f"--scheduler {address}: the scheduler has no workers")
    return client


def build_all(points: Sequence[Point], job: Job) -> int:
    """Build the programs that runs at these points need; return how many were not there yet."""
    if job.backend not in COMPILED:
        return 0
    engine = find_backend(job.backend)
    fresh = 0
    for point in points:
        plan = make_plan(point.model, job.protocol, seed=job.seed, form=job.form)
        fresh += engine.build(plan.network).fresh
    return fresh
