"""Readers of other files that programs write: records of sweeps, and edges as SONATA."""

import io
import json
from pathlib import Path

import h5py
import numpy as np

from neurospine.sweeps.record import read_record
from tools.hardening.hdf5_mutation import changed_hdf5
from tools.hardening.mutation import changed_words
from tools.hardening.targets import Seed, Target, placed, read_edge_file


def _record_seeds() -> list[Seed]:
    record = {"schema": 1, "protocol": "days", "axes": ["slope"], "backend": "cpp", "form": "",
              "program": {"neurospine": "0.1.0"}, "seeds": [0, 1],
              "values": {"slope=1": {"files": {"a": "0"}, "parameters": "1"}}}  # fmt: skip
    return [Seed("sweep.json", json.dumps(record, indent=1).encode())]


def _read_record(data: bytes, name: str, folder: Path) -> None:
    placed(data, folder / name)
    read_record(folder)


def _sonata_seeds() -> list[Seed]:
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        for name in ("a_to_b", "b_to_a"):
            group = file.create_group(f"edges/{name}")
            group["source_node_id"] = np.arange(6, dtype="u8")
            group["target_node_id"] = np.arange(6, dtype="u8")[::-1].copy()
            group["edge_group_id"] = np.zeros(6, "u4")
            group["edge_group_index"] = np.arange(6, dtype="u8")
            group["0/delay"], group["0/volume"] = np.full(6, 1.5), np.full(6, 0.1)
        del file["edges/b_to_a"]
    return [Seed("edges.h5", made.getvalue())]


FILE_TARGETS = [
    Target("edges, SONATA", _sonata_seeds, changed_hdf5, read_edge_file),
    Target("records of sweeps", _record_seeds, changed_words, _read_record),
]
