"""What parameters stand for, whatever part they belong to: disorders change them by role."""

from __future__ import annotations

from neurospine.errors import ModelError, suggest

#: The roles that a parameter may have, with their meanings.
ROLES = {
    "noise_slope": "growth of the intrinsic fluctuation with size, at unchanged drift",
    "noise_floor": "intrinsic fluctuation of the smallest spines",
    "set_point": "volume towards which the intrinsic drift leads",
    "birth_rate": "births of spines at empty sites",
    "birth_volume": "volume of a spine at birth",
    "elimination_rate": "elimination of spines and filopodia",
    "elimination_volume": "volume below which spines are eliminated",
    "maturation_rate": "change of filopodia into spines",
    "potentiation": "strength of what enlarges a spine",
    "depression": "strength of what shrinks a spine",
    "ampa_conductance": "peak AMPA conductance, or the whole of a current without receptors",
    "nmda_conductance": "peak NMDA conductance",
    "gaba_conductance": "peak GABA conductance",
    "protein_synthesis": "share of protein synthesis that works",
    "dopamine_release": "release of dopamine by a spike",
    "dopamine_uptake": "time in which dopamine is taken up",
    "dopamine_floor": "level below which dopamine cannot dip",
    "dopamine_affinity": "level of dopamine that a receptor answers to",
    "d1_gain": "effect of dopamine through D1 receptors",
    "d2_gain": "effect of dopamine through D2 receptors",
}


def check_role(role: str) -> None:
    """Raise a `ModelError` unless a role is known; nothing is no role."""
    if role and role not in ROLES:
        raise ModelError(f"role: no role {role!r}. {suggest(role, ROLES)}")
