"""Small runs, to make files of results of."""

from functools import cache

from neurospine import Model, Protocol
from tools.hardening.small_protocols import LIVES, TINY, TRACES


def _pairs() -> tuple[Model, Protocol]:
    protocol = Protocol.from_text(TINY)
    return protocol.default_model(), protocol


def _lives() -> tuple[Model, Protocol]:
    protocol = Protocol.from_text(LIVES)
    return protocol.default_model().with_parameters(n_sites=20), protocol


def _traced() -> tuple[Model, Protocol]:
    head = (
        TINY.replace("1 ms", "0.5 ms")
        .replace("independent_pairs", "recurrent_network")
        .partition("[conditions")[0]
    )
    protocol = Protocol.from_text(head + TRACES)
    return protocol.default_model().with_parameters(n_neurons=5, in_degree=2), protocol


_RUNS = {"pairs": _pairs, "lives": _lives, "traced": _traced}
#: Pairs of spikes, spines that come and go for four days, and a network with a trace.
NAMES = tuple(_RUNS)


@cache
def small_run(name: str) -> tuple[Model, Protocol]:
    """Return model and protocol of a small run."""
    return _RUNS[name]()
