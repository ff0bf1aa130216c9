"""The C++ backend: one program for each structure of network, kept in a cache."""

from __future__ import annotations

from neurospine.simulation.backends.standalone.backend import StandaloneBackend, StandaloneProgram

__all__ = ["StandaloneBackend", "StandaloneProgram"]
