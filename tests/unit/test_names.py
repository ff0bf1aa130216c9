"""Names of variables and parameters: free only where nothing else goes by them."""

from __future__ import annotations

import pytest

from neurospine.description.names import check_name
from neurospine.errors import ModelError


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("state", "already a name of Brian2"),
        ("delay", "already a name of Brian2"),
        ("exp", "already a name of Brian2"),
        ("t", "already a name of Brian2"),
        ("stage", "neurospine uses itself"),
        ("turned", "neurospine uses itself"),
        ("survival", "neurospine uses itself"),
        ("interval", "neurospine uses itself"),
        ("i_injected", "neurospine uses itself"),
        ("i_injected_soma", "neurospine uses itself"),
        ("injected_0", "neurospine uses itself"),
        ("x_post", "call it post_x"),
        ("trace_pre", "call it pre_trace"),
        ("_x", "is not a name"),
        ("2x", "is not a name"),
        ("größe", "is not a name"),
        ("x y", "is not a name"),
        ("", "is not a name"),
    ],
)
def test_names_that_brian2_or_neurospine_uses_are_refused(name: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        check_name(name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "name", ["v", "tau_plus", "post_x", "phase", "r1", "preload", "gain", "gain_trace"]
)
def test_other_names_are_free(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    ["lambda", "and", "class", "new", "double", "register", "ms", "volt", "pi", "e", "inf", "rand",
     "poisson", "xi_1", "E", "I", "S", "Q", "oo", "beta", "gamma", "zeta"],
)  # fmt: skip
def test_names_with_a_meaning_in_brian2_sympy_or_cpp_are_refused(name: str) -> None:
    # A variable called E decays to 2.69 where 1.98 is right: sympy takes it for Euler's number.
    with pytest.raises(ModelError):
        check_name(name)


def test_every_attribute_of_brian2_groups_is_taken() -> None:
    import brian2

    group = brian2.NeuronGroup(1, "v : 1", name="cells")
    synapses = brian2.Synapses(group, group, "w : 1", name="spines")
    brian2.Network(group, synapses)
    theirs = {n for o in (group, synapses) for n in dir(o) if not n.startswith("_")} - {"v", "w"}
    free = set()
    for name in theirs:
        try:
            check_name(name)
            free.add(name)
        except ModelError:
            pass
    assert not free
