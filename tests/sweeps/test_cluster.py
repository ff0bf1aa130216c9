"""A Dask cluster of which a worker is killed while it runs something."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from neurospine import Model, NeurospineError, Protocol, sweep


@pytest.mark.slow
def test_workers_that_are_threads_give_the_same_table(
    days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    from distributed import LocalCluster

    over, seeds = {"slope_factor": [1.0, 1.5]}, range(2)
    with LocalCluster(
        processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None
    ) as cluster:
        on_cluster = sweep(
            days, over, seeds=seeds, model=dendrite, backend="numpy", output=tmp_path / "out",
            scheduler=cluster.scheduler_address,
        )  # fmt: skip
    here = sweep(
        days, over, seeds=seeds, model=dendrite, backend="numpy", output=tmp_path / "here", jobs=1
    )
    pd.testing.assert_frame_equal(on_cluster.table, here.table)
    assert len(here.table) == 16


def test_a_cluster_without_workers_is_an_error(
    days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        pytest.raises(NeurospineError, match="the scheduler has no workers"),
    ):
        sweep(
            days, model=dendrite, output=tmp_path / "out", scheduler=cluster.scheduler_address
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.cpp
def test_a_killed_worker_loses_and_doubles_nothing(
    days: Protocol, dendrite: Model, tmp_path: Path, time_limit: Callable[[float], Any]
) -> None:
    from distributed import LocalCluster

    over, seeds = {"slope_factor": [1.0, 1.5]}, range(3)
    longer = Protocol.from_text(days.text.replace('"6 hour"', '"6 minute"'))
    model = dendrite.with_parameters(n_sites=10_000)
    killed = []
    with (
        time_limit(120),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None,
            scheduler_kwargs={"dashboard": False}, silence_logs=50,
        ) as cluster,
    ):  # fmt: skip

        def kill(done: int, total: int) -> None:
            """Kill a worker while the program of a run is its child."""
            if done != 2:
                return
            worker = psutil.Process(next(iter(cluster.workers.values())).pid)
            while not any(child.name() == "main" for child in worker.children()):
                time.sleep(0.005)
            worker.kill()
            killed.append(worker.pid)

        on_cluster = sweep(
            longer, over, seeds=seeds, model=model, output=tmp_path / "out",
            scheduler=cluster.scheduler_address, watch=kill,
        )  # fmt: skip
    assert len(killed) == 1
    assert (on_cluster.failed, on_cluster.compiled) == ({}, 0)
    left = sorted(path.name for path in (tmp_path / "out" / "runs").iterdir())
    assert left == [f"slope_factor={v}-seed={s}.h5" for v in ("1", "1.5") for s in seeds]
    here = sweep(longer, over, seeds=seeds, model=model, output=tmp_path / "here", jobs=1)
    pd.testing.assert_frame_equal(on_cluster.table, here.table)
