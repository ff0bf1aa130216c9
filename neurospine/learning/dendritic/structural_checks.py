"""What must hold of the structural plasticity of a network."""

from __future__ import annotations

from neurospine.errors import LearningError, suggest
from neurospine.learning.dendritic.living_model import check_living
from neurospine.learning.dendritic.network import Network


def check_structural(network: Network, origin: str) -> None:
    """Raise a `LearningError` if spines or bounds do not fit the network."""
    table, place = network.structural, f"{origin}: [structural]"
    if table is None:
        return
    if not network.dale:
        raise LearningError(f"{place}: weights of spines have signs; leave out dale = false")
    known = {
        f"{label}.below_to_E": layer.projections["below_to_E"]
        for label, layer in network.layers.items()
    }
    for path in table.projections:
        if path not in known:
            raise LearningError(f"{place}: projections: no {path!r}. {suggest(path, known)}")
        if known[path].spread is None or known[path].total is not None:
            raise LearningError(f"{place}: projections: {path} needs 'spread', and no 'total'")
    if table.spines is None and table.bounds is None:
        raise LearningError(f"{place}: [structural.spines] or [structural.bounds] is wanted")
    if table.spines is not None:
        check_living(table.spines, f"{origin}: [structural.spines]")
