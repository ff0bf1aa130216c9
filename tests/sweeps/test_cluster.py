"""A Dask cluster of which a worker is killed while it runs something."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from neurospine import Model, Protocol, sweep


@pytest.mark.cpp
def test_a_killed_worker_loses_and_doubles_nothing(
    days: Protocol, dendrite: Model, tmp_path: Path, time_limit: Callable[[float], Any]
) -> None:
    from distributed import LocalCluster

    over, seeds = {"slope_factor": [1.0, 1.5]}, range(5)
    left: list[str] = []
    with (
        time_limit(120),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None,
            scheduler_kwargs={"dashboard": False}, silence_logs=50,
        ) as cluster,
    ):  # fmt: skip

        def kill(done: int, total: int) -> None:
            """Kill a worker, and see that it has left something half done."""
            if done != 3:
                return
            for pid in [worker.pid for worker in cluster.workers.values()][:1]:
                before = set(running(tmp_path / "out"))
                os.kill(pid, signal.SIGSTOP)  # so that it cannot end what it does
                os.kill(pid, signal.SIGKILL)
                time.sleep(0.05)
                left.extend(before & set(running(tmp_path / "out")))

        on_cluster = sweep(
            days, over, seeds=seeds, model=dendrite, output=tmp_path / "out",
            scheduler=cluster.scheduler_address, watch=kill,
        )  # fmt: skip
    assert on_cluster.failed == {}
    assert on_cluster.compiled == 0
    assert len(list((tmp_path / "out" / "runs").glob("*.h5"))) == 10
    assert not running(tmp_path / "out")
    here = sweep(days, over, seeds=seeds, model=dendrite, output=tmp_path / "here", jobs=1)
    pd.testing.assert_frame_equal(on_cluster.table, here.table)
    assert left


def running(folder: Path) -> list[str]:
    return [path.name for path in (folder / "runs").glob(".run-*")]
