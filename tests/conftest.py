"""Shared by all tests: a build cache of their own, and the library as shipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests away from the user's folders; workers of one session share their builds."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEUROSPINE_CACHE", str(shared / "builds"))
        patch.setenv("XDG_DATA_HOME", str(shared / "data"))
        patch.delenv("NEUROSPINE_LIBRARY", raising=False)
        yield


@pytest.fixture
def shipped() -> Path:
    """The folder that holds models, protocols and data."""
    from neurospine.description.library import shipped_folder

    return shipped_folder()
