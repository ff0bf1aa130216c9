"""Load the parts of a spine model."""

from __future__ import annotations

from neurospine.description.checks import at
from neurospine.description.entries import Part
from neurospine.description.neuromodulator_parts import NEUROMODULATORS
from neurospine.description.parts import PartSource, offering
from neurospine.description.plasticity_parts import INHIBITION, LOCAL_PORTS
from neurospine.description.spine import Spine
from neurospine.description.spine_parts import SpinePart
from neurospine.errors import ModelError

_SPINE_KINDS = (
    *("plasticity", "gate", "structure", "consolidation", "neighbours"),
    *("intrinsic", "stages", "readout", "geometry"),
)
_NEEDED_KINDS = ("structure", "readout")


def load_spine(spine: SpinePart, origin: str, source: PartSource, origins: dict[str, str]) -> Spine:
    """Load the parts of a spine model and check that they meet at their ports.

    `origins` collects where each part came from.
    """
    parts: dict[str, Part] = {}
    for used in spine.use:
        with at(origin, "use"):
            part, found = source.load(used, *_SPINE_KINDS)
        origins[part.name] = found
        if part.kind in parts:
            raise ModelError(f"{origin}: [use]: two parts of kind {part.kind}; a spine has one")
        parts[part.kind] = part
    provided = {port for part in parts.values() for port in part.provides}  # type: ignore[attr-defined]
    for part in parts.values():
        for port in part.needs:  # type: ignore[attr-defined]
            if port not in {*provided, *LOCAL_PORTS, INHIBITION, *NEUROMODULATORS}:
                offers = ", ".join(offering(port)) or "no shipped part"
                raise ModelError(
                    f"{origin}: {part.name!r} needs the port {port!r}, which no part in 'use' "
                    f"sets. It is offered by: {offers}"
                )
    for kind in _NEEDED_KINDS:
        if kind not in parts:
            raise ModelError(f"{origin}: 'use' lacks a part of kind {kind}")
    return Spine(spine.name, *(parts.get(kind) for kind in _SPINE_KINDS))  # type: ignore[arg-type]
