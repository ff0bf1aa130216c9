"""What must hold in a network beyond the types of its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurospine.errors import LearningError, suggest

if TYPE_CHECKING:
    from neurospine.learning.dendritic.network import Network, Projection

#: Every projection there can be, with the rules by which it may learn.
PROJECTIONS = {
    "below_to_E": {
        "dendritic_target", "clipped_hebb", "contrast", "btsp", "bcm", "backprop",
    },
    "below_to_SomaI": {"clipped_hebb", "backprop"},
    "E_to_SomaI": {"clipped_hebb", "backprop"},
    "SomaI_to_E": {"clipped_hebb", "backprop"},
    "SomaI_to_SomaI": {"clipped_hebb", "backprop"},
    "E_to_DendI": {"hebb"},
    "DendI_to_DendI": {"hebb"},
    "DendI_to_E": {"dendritic_loss"},
    "above_to_E": {"transpose", "contrast"},
}  # fmt: skip
#: What a rule needs besides its rate.
_NEEDS: dict[str, tuple[str, ...]] = {
    "fixed": (),
    "transpose": ("scale",),
    "hebb": ("rate", "total"),
    "clipped_hebb": ("rate", "total"),
    "btsp": ("rate", "largest", "discount"),
    "bcm": ("rate", "threshold", "tau_threshold"),
}


def check_network(network: Network, origin: str) -> None:
    """Raise a `LearningError` if projections, rules and populations do not fit each other."""
    if network.backward_steps > network.steps:
        raise LearningError(
            f"{origin}: backward_steps: more than the {network.steps} steps there are"
        )
    rates = {n for x in network.layers.values() for n, p in x.projections.items() if p.rate}
    for name in network.falling:
        if name not in rates:
            raise LearningError(
                f"{origin}: falling: no projection {name!r} with a rate. {suggest(name, rates)}"
            )
    for label, layer in network.layers.items():
        place = f"{origin}: [layers.{label}.projections]"
        if layer.adaptation and "above_to_E" not in layer.projections:
            raise LearningError(
                f"{origin}: [layers.{label}]: adaptation is of dendrites; above_to_E is missing"
            )
        for key in ("balance", "silent_learn"):
            if getattr(layer, key) and label != network.output:
                raise LearningError(f"{origin}: [layers.{label}]: {key} is for the output only")
        if "below_to_E" not in layer.projections:
            raise LearningError(f"{place}: below_to_E is missing")
        for name, projection in layer.projections.items():
            if name not in PROJECTIONS:
                raise LearningError(
                    f"{place}: no projection called {name!r}. {suggest(name, PROJECTIONS)}"
                )
            for end in name.split("_to_"):
                if end not in ("below", "above") and not layer.size(end):
                    raise LearningError(f"{place}: {name}: the layer has no cells {end}")
            _check_projection(name, projection, f"{place}: {name}")
        dendrites = {"above_to_E", "DendI_to_E"} & set(layer.projections)
        if label == network.output and dendrites:
            raise LearningError(f"{place}: the output has no dendrites; leave out {min(dendrites)}")
        if layer.DendI and "above_to_E" not in layer.projections:
            raise LearningError(f"{place}: DendI inhibits what above_to_E excites; add it")
    backprop = bool(network.rules("backprop"))
    for rule in ("dendritic_target", "contrast", "btsp", "bcm"):
        if backprop and network.rules(rule):
            raise LearningError(f"{origin}: backprop and {rule} cannot both train one network")


def _check_projection(name: str, projection: Projection, place: str) -> None:
    """Raise a `LearningError` if a projection lacks a number, or cannot learn by its rule."""
    rule = projection.rule
    known = {"fixed", *PROJECTIONS[name]}
    if rule not in known:
        raise LearningError(f"{place}: rule: {rule!r} is not for it. {suggest('', known)}")
    for key in _NEEDS.get(rule, ("rate",)):
        if getattr(projection, key) is None:
            raise LearningError(f"{place}: the rule {rule!r} needs the key {key!r}")
    if projection.spread is None and projection.total is None and rule != "transpose":
        raise LearningError(f"{place}: 'spread' or 'total' must say how large weights are at first")
