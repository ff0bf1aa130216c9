"""Which names a file may give to variables and parameters."""

from __future__ import annotations

import keyword
import re
from functools import cache

import brian2
from brian2.core.functions import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_UNITS

from neurospine.errors import ModelError

FUNCTIONS = frozenset(
    "exp log log10 sqrt abs sign clip int floor ceil sin cos tan sinh cosh tanh exprel expm1 "
    "single".split()
)
#: Names that Brian2 gives to every statement.
BUILT_IN = frozenset({"t", "dt", "pi", "inf", "True", "False"})

#: Names that Brian2 objects use themselves; a variable of that name would be hidden.
TAKEN = frozenset(
    "default_event event_codes event_driven multisynaptic_index user_equations "
    "N active add_attribute add_dependency before_run clock code_objects codeobj_class connect "
    "contained_objects contains custom_operation delay dt equations event events events_to "
    "get_states i id indices invalidates_magic_network j lastspike method_choice name namespace "
    "not_refractory num_synapses order owner pathways post pre queues register_variable reset "
    "resetter run_at run_on_event run_regularly scheduling_summary set_states source spikes start "
    "state state_updater stop subexpression_updater summed_updaters t t_in_timesteps target "
    "threshold thresholder updaters variables when xi".split()
)

#: Names with a meaning of their own in the languages that an equation passes through: C++,
#: and sympy, which would take E for Euler's number.
_FOREIGN = frozenset(
    "alignas alignof asm auto bool break case catch char const constexpr default delete do double "
    "enum explicit export extern float friend goto inline long mutable namespace new noexcept "
    "nullptr operator private protected public register short signed sizeof static struct switch "
    "template this throw typedef typename union unsigned using virtual void volatile wchar_t "
    "C E I N O Q S oo zoo nan beta gamma zeta lamda trace".split()
)

#: Names that neurospine itself puts into statements.
OWN = frozenset(
    "drive volume weight count noise grown growth pending settle_steps settle_interval noise_slot "
    "site stage turned survival interval age born present leaving luck picked target entry normal "
    "leaves crossed "
    "uniform select between alive changed slow_tick slow_time again sampled kept sample_length "
    "slow_exp slow_log slow_exprel single_exp single_expm1 single_log candidate "
    "origin_size target_size place through_neck elapsed "
    "neck_resistance taken kept_volume released bound inhibition last_event ongoing delivered "
    "gaba_grown gaba_decay gaba_steps asked_enlargement asked_shrinkage supplied own_copy "
    "releasing "
    "regrown since owed".split()
)

#: The current (amp) that a stimulus injects into a neuron, or with the name of a compartment
#: behind it into that; its constants begin with the second.
INJECTED = "i_injected"
_OWN_BEGINNINGS = (INJECTED, "injected_", "eligible_", "integral_", "pending_", "own_part_")


def check_name(name: str) -> None:
    """Raise a `ModelError` if Brian2 could not use `name` for a variable or parameter."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name, re.ASCII):
        raise ModelError(f"{name!r} is not a name: letters, digits and underscores")
    if name in TAKEN or name in FUNCTIONS or name in BUILT_IN or name in _brian_attributes():
        raise ModelError(f"{name!r} is already a name of Brian2; choose another name")
    foreign = keyword.iskeyword(name) or name in _FOREIGN or name in _brian_names()
    if foreign or name.startswith("xi_"):
        raise ModelError(f"{name!r} already has a meaning in equations; choose another name")
    if name in OWN or name.startswith(_OWN_BEGINNINGS):
        raise ModelError(f"{name!r} is a name that neurospine uses itself; choose another name")
    if name.endswith(("_pre", "_post")):
        raise ModelError(
            f"{name!r}: the endings _pre and _post are reserved; call it "
            f"{'pre' if name.endswith('_pre') else 'post'}_{name.rsplit('_', 1)[0]}"
        )
    if name.endswith("_"):
        raise ModelError(f"{name!r}: names do not end with an underscore")


@cache
def _brian_names() -> frozenset[str]:
    """Return the units, constants and functions that Brian2 knows in every equation."""
    known = (DEFAULT_UNITS, DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS)
    return frozenset(name for names in known for name in names)


@cache
def _brian_attributes() -> frozenset[str]:
    """Return the attributes that all cells or all synapses of Brian2 have."""
    return frozenset(dir(brian2.NeuronGroup)) | frozenset(dir(brian2.Synapses))
