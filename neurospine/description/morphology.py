"""A tree of compartments: its segments, the points where branches meet, and what links them.

Two neighbours are linked by the cytoplasm between their middles. Where several
branches begin at one end, that end is a joint: a point without membrane.
``tests/analytic/test_cable.py`` holds trees to Rall's closed forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from neurospine.description.cell_parts import Compartment, Place
from neurospine.errors import MOST_NAMES, ModelError, suggest


def suggest_segment(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the segments that a name is cut into, or with the nearest name."""
    names = list(known)
    cut = [n for n in names if n.rpartition("_")[0] == name and n.rpartition("_")[2].isdecimal()]
    if not cut:
        return suggest(name, names)
    cut.sort(key=lambda n: int(n.rpartition("_")[2]))
    shown = cut if len(cut) <= MOST_NAMES else [*cut[:2], "…", cut[-1]]
    return f"The compartment is in {len(cut)} segments: name one of {', '.join(shown)}."


@dataclass(frozen=True)
class Segment:
    """One of the equal pieces of a compartment, counted from its parent's side."""

    name: str
    compartment: str
    number: int
    pieces: int


@dataclass(frozen=True)
class Link:
    """What joins a node of the tree to the one nearer to the root."""

    child: str
    parent: str
    conductance: str

    @property
    def name(self) -> str:
        """The name of the conductance in the equations."""
        return f"axial_{self.child}"


@dataclass(frozen=True)
class Tree:
    """Segments and links from the root outwards; `joints` have no membrane."""

    segments: tuple[Segment, ...]
    joints: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def root(self) -> str:
        """The segment at which spikes are made."""
        return self.segments[0].name

    def of(self, compartment: str) -> tuple[Segment, ...]:
        """Return the segments of a compartment."""
        return tuple(s for s in self.segments if s.compartment == compartment)

    def neighbours(self, node: str) -> list[tuple[str, str]]:
        """Return the names of links and nodes next to a node."""
        found = [(link.name, link.parent) for link in self.links if link.child == node]
        return found + [(link.name, link.child) for link in self.links if link.parent == node]


def make_tree(compartments: Mapping[str, Compartment]) -> Tree:
    """Return the tree of a neuron's compartments.

    Raises
    ------
    ModelError
        If there is no single root, a parent is missing, or parents go in a circle.
    """
    order = _order(compartments)
    if compartments[order[0]].segments > 1:
        raise ModelError(
            f"[compartments.{order[0]}]: segments: the root makes the spikes and cannot be cut"
        )
    tree = _Builder(compartments, order).tree()
    taken: set[str] = set(tree.joints)
    for segment in tree.segments:
        if segment.name in taken:
            raise ModelError(
                f"[compartments.{segment.compartment}]: {segment.name!r} is also the name of a "
                "piece or an end of another compartment; rename one"
            )
        taken.add(segment.name)
    return tree


def _order(compartments: Mapping[str, Compartment]) -> list[str]:
    """Return the compartments with parents before their children."""
    roots = [name for name, c in compartments.items() if c.parent is None]
    for name, compartment in compartments.items():
        if compartment.parent is not None and compartment.parent not in compartments:
            raise ModelError(
                f"[compartments.{name}]: parent: no compartment {compartment.parent!r}. "
                f"{suggest(compartment.parent, compartments)}"
            )
    if len(roots) > 1:
        raise ModelError(
            f"[compartments.{roots[1]}]: parent: missing; one compartment, here {roots[0]!r}, is "
            "the root of all others"
        )
    order = list(roots)
    for known in order:
        order += [name for name, c in compartments.items() if c.parent == known]
    lost = [name for name in compartments if name not in order]
    if lost:
        circle = [lost[0]]
        while (parent := compartments[circle[-1]].parent) not in circle:
            circle.append(str(parent))
        path = " -> ".join([*circle, str(parent)])
        raise ModelError(f"[compartments.{lost[0]}]: parent: the parents go in a circle: {path}")
    return order


@dataclass
class _Builder:
    compartments: Mapping[str, Compartment]
    order: list[str]
    segments: list[Segment] = field(default_factory=list)
    joints: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def tree(self) -> Tree:
        for name in self.order:
            pieces = self.compartments[name].segments
            own = [name] if pieces == 1 else [f"{name}_{k + 1}" for k in range(pieces)]
            self.segments += [Segment(s, name, k, pieces) for k, s in enumerate(own)]
            if self.compartments[name].parent is not None:
                self._join(name, own[0])
            for near, far in pairwise(own):
                self.links.append(Link(far, near, f"0.5/half_resistance_{name}"))
        return Tree(tuple(self.segments), tuple(self.joints), tuple(self.links))

    def _join(self, name: str, first: str) -> None:
        parent, place = str(self.compartments[name].parent), self._place(name)
        pieces = [s.name for s in self.segments if s.compartment == parent]
        index = {"start": 0, "middle": len(pieces) // 2, "end": -1}[place]
        near, coupling = pieces[index], self.compartments[name].coupling
        if coupling:
            self.links.append(Link(first, near, coupling))
        elif place == "middle":
            self.links.append(Link(first, near, f"1/half_resistance_{name}"))
        elif self._meeting(parent, place) == 1:
            both = f"half_resistance_{parent} + half_resistance_{name}"
            self.links.append(Link(first, near, f"1/({both})"))
        else:
            joint = f"{parent}_{place}"
            if joint not in self.joints:
                self.joints.append(joint)
                self.links.append(Link(joint, near, f"1/half_resistance_{parent}"))
            self.links.append(Link(first, joint, f"1/half_resistance_{name}"))

    def _place(self, name: str) -> Place:
        compartment = self.compartments[name]
        root = compartment.parent == self.order[0]
        place: Place = compartment.attached or ("middle" if root else "end")
        if place == "start" and not root:
            raise ModelError(
                f"[compartments.{name}]: attached: {compartment.parent!r} starts where its own "
                "parent ends; attach to that parent"
            )
        return place

    def _meeting(self, parent: str, place: Place) -> int:
        """Return how many compartments begin at one end of another."""
        return sum(
            c.parent == parent and not c.coupling and self._place(name) == place
            for name, c in self.compartments.items()
        )
