"""From which size of a network on one backend is faster than another, measured on this machine."""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from neurospine.description.model import load_model
from neurospine.description.protocol import Protocol
from neurospine.results.files import written_aside
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.backends.standalone.build_cache import cache_folder
from neurospine.simulation.plan import make_plan
from neurospine.simulation.simulate import find_backend

#: Spines of the networks that are measured.
SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
#: Biological seconds of a short run and a long one; the difference leaves start-up out.
SECONDS = (0.2, 1.2)
#: Spines of each neuron.
IN_DEGREE = 100
#: So often each run is done; the quickest counts.
REPEATS = 3


@dataclass(frozen=True)
class BreakEven:
    """Wall seconds of plastic networks on two backends.

    Attributes
    ----------
    backends
        Their names; the second is expected to win where networks are large.
    device
        The GPU, if there is one.
    date
        When it was measured.
    sizes
        Spines of the networks.
    seconds
        For each backend, wall seconds per biological second at these sizes, start-up left out.
    """

    backends: tuple[str, str]
    device: str
    date: str
    sizes: tuple[int, ...]
    seconds: tuple[tuple[float, ...], tuple[float, ...]]

    @property
    def size(self) -> float:
        """Spines from which on the second is faster: 0 if always, infinity if never as measured."""
        return crossing(self.sizes, *self.seconds)

    def __str__(self) -> str:
        """Return what a user wants to know."""
        first, second = self.backends
        where = f"(plastic network, {self.device or 'no GPU'}, {self.date})"
        if self.size == 0:
            return f"{second} is faster than {first} from {self.sizes[0]:.0e} spines on {where}"
        if math.isinf(self.size):
            return f"{second} is slower than {first} up to {self.sizes[-1]:.0e} spines {where}"
        return f"{second} is faster than {first} from {self.size:.1e} spines on {where}"


def crossing(sizes: Sequence[int], first: Sequence[float], second: Sequence[float]) -> float:
    """Return the size from which on the second is less than the first, at all larger sizes.

    Between two sizes the ratio of the two is taken as a power of size. The result is 0 if it
    is less at all, infinity if it is not at the largest.
    """
    ratios = [math.log(b / a) for a, b in zip(first, second, strict=True)]
    if ratios[-1] >= 0:
        return math.inf
    last = max((k for k, ratio in enumerate(ratios) if ratio >= 0), default=None)
    if last is None:
        return 0.0
    share = ratios[last] / (ratios[last] - ratios[last + 1])
    return math.exp(math.log(sizes[last]) * (1 - share) + math.log(sizes[last + 1]) * share)


def measure(
    backends: tuple[str, str] = ("cpp", "cuda"),
    sizes: Sequence[int] = SIZES,
    watch: Callable[[str], None] = lambda what: None,
) -> BreakEven:
    """Measure networks of some sizes on two backends; programs are built first.

    Parameters
    ----------
    backends
        Their names.
    sizes
        Spines of the networks, in rising order.
    watch
        Called with what comes next.

    Raises
    ------
    BuildError
        If a backend lacks something.
    """
    seconds: tuple[list[float], list[float]] = ([], [])
    for spines in sizes:
        for name, found in zip(backends, seconds, strict=True):
            watch(f"{spines} spines on {name}")
            found.append(_cost(name, spines))
    device = next(iter(toolkit.find_devices() or ()), None)
    return BreakEven(
        backends,
        device.name if device else "",
        time.strftime("%Y-%m-%d"),
        tuple(sizes),
        (tuple(seconds[0]), tuple(seconds[1])),
    )


def _cost(backend: str, spines: int) -> float:
    """Return wall seconds per biological second."""
    model = load_model("recurrent_network").with_parameters(
        {"n_neurons": max(IN_DEGREE, spines // IN_DEGREE), "in_degree": IN_DEGREE}
    )
    took = []
    for length in SECONDS:
        protocol = Protocol(
            name="activity",
            model={"circuit": "recurrent_network"},
            record_every=f"{length} s",
            phases=({"name": "activity", "duration": f"{length} s"},),
        )
        network = make_plan(model, protocol, seed=1).network
        program = find_backend(backend).build(network)
        walls = []
        for _ in range(REPEATS):
            with tempfile.TemporaryDirectory(prefix="neurospine-") as folder:
                start = time.perf_counter()
                program.run(network, Path(folder), lambda seconds: None)
                walls.append(time.perf_counter() - start)
        took.append(min(walls))
    return max(took[1] - took[0], 1e-6) / (SECONDS[1] - SECONDS[0])


def _file() -> Path:
    return cache_folder() / "break_even.json"


def keep(found: BreakEven) -> None:
    """Keep what was measured beside the programs."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with written_aside(_file()) as aside:
        aside.write_text(json.dumps(asdict(found)))


def last_measured() -> BreakEven | None:
    """Return what was measured last on this machine, if anything."""
    try:
        content = json.loads(_file().read_text())
        one, two = (tuple(map(float, each)) for each in content["seconds"])
        first, second = map(str, content["backends"])
        sizes = tuple(map(int, content["sizes"]))
        return BreakEven(
            (first, second), str(content["device"]), str(content["date"]), sizes, (one, two)
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
