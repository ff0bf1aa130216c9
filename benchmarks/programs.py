"""Programs of neurospine that are built once and run many times."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from neurospine import Model, Protocol
from neurospine.results import segments
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.plan import make_plan


class Program:
    """A model under a protocol, compiled; calling it runs it in an empty folder.

    Parameters
    ----------
    model, protocol
        What to run.
    values
        Parameters of the model that are not those of its files.
    """

    def __init__(
        self, model: Model, protocol: Protocol, values: Mapping[str, object] | None = None
    ) -> None:
        changed = model.with_parameters(dict(values or {}))
        self.network = make_plan(changed, protocol, seed=1).network
        self.folder = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
        self.program = StandaloneBackend().build(self.network)

    def __call__(self) -> None:
        self.clear()
        self.folder.mkdir()
        self.program.run(self.network, self.folder, lambda seconds: None)

    def spikes(self, population: str) -> int:
        """Return how many spikes a population made in the last run."""
        return sum(r.count for r in segments.read(self.folder, f"spikes_{population}"))

    def clear(self) -> None:
        """Remove the results of the last run."""
        shutil.rmtree(self.folder, ignore_errors=True)
