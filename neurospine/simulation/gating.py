"""How GABA at a dendrite reaches the rule of the spines there.

A projection that `gates` another raises the inhibition of its spines nearby, on the same
dendrite: by a share that falls exponentially with distance, and for a time that decays
exponentially. Arrivals add to one number for each slot that grows against a clock taken back
at borders, so nothing is done in steps without arrivals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from neurospine.errors import ModelError
from neurospine.simulation.folding import settling_steps
from neurospine.simulation.network import Alias, Array, Border, Group, Synapses
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.sites import Sites

#: Distances, in ranges, at which a share is too small to count.
_FARTHEST = 7.0


@dataclass(frozen=True)
class Contacts:
    """The contacts of a projection: cells of both sides, delay, and where they are."""

    pre: Array
    post: Array
    delay: Array
    sites: Sites


class Gating:
    """The inhibition at the spines of one projection.

    Parameters
    ----------
    numbers
        The model in each condition.
    projection
        Which spines.
    gates
        The projections that gate it, with their contacts.
    spines
        Its own contacts.
    step, border_steps
        The time step in seconds, and steps between borders.
    """

    def __init__(
        self,
        numbers: Numbers,
        projection: str,
        gates: Mapping[str, Contacts],
        spines: Contacts,
        step: float,
        border_steps: int,
    ) -> None:
        self.projection, self.gates, self.spines = projection, gates, spines
        self.model, self.step = numbers.model, step
        rule = self.model.spines[projection].rule
        self.table = rule.inhibition if rule else None
        self.name = f"{projection}_gaba_level"
        self.settle_steps = 0
        if self.table and rule and gates:
            copies = np.repeat(np.arange(numbers.copies(rule.name, self.table.range).size), 1)
            self.range = numbers.copies(rule.name, self.table.range) * 1e6
            self.decay = numbers.copies(rule.name, self.table.decay)
            self.copy = np.repeat(copies, spines.post.size // copies.size)
            steps = settling_steps(float(self.decay.min()), step, border_steps)
            if steps is None:
                raise ModelError(
                    f"projection {projection!r}: {rule.name}.{self.table.decay} is too short for "
                    "the intervals between snapshots and ticks of the protocol: make them "
                    "multiples of a few of it"
                )
            self.settle_steps = steps

    @property
    def active(self) -> bool:
        """Whether GABA reaches the spines at all."""
        return bool(self.table and self.gates)

    def groups(self) -> list[Group]:
        """Return the numbers of all slots."""
        if not self.active:
            return []
        size = self.spines.post.size
        lines = ["gaba_grown : 1", "gaba_decay : second (constant)"]
        lines += ["gaba_interval : second (shared, constant)"]
        values: dict[str, Array] = {
            "gaba_grown": np.zeros(size),
            "gaba_decay": self.decay[self.copy],
            "gaba_interval": np.array([self.settle_steps * self.step]),
        }
        return [Group(self.name, size, "\n".join(lines), values)]

    def borders(self, *, quiet: bool) -> Iterator[Border]:
        """Yield what takes the numbers back to small ones."""
        if self.active:
            back = "gaba_grown = gaba_grown*exp(-gaba_interval/gaba_decay)"
            yield Border(self.name, "settle", "settle", back, self.settle_steps)
            if quiet:
                yield Border(self.name, "quiet", "quiet", "gaba_grown = 0*gaba_grown")

    def at_spines(self) -> tuple[list[str], dict[str, Array], dict[str, Alias]]:
        """Return lines, values and aliases by which spines read the inhibition."""
        if not self.table:
            return [], {}, {}
        if not self.active:
            return ["inhibition = 0.0 : 1"], {}, {}
        passed = "(t_in_timesteps % gaba_steps)*dt/gaba_decay"
        lines = [f"inhibition = clip(gaba_grown*exp(-{passed}), 0, 1) : 1"]
        lines.append("gaba_steps : integer (shared, constant)")
        values = {"gaba_steps": np.array([self.settle_steps], np.int32)}
        names = ("gaba_grown", "gaba_decay")
        return lines, values, {name: Alias(self.name, name, "same") for name in names}

    def pathways(self) -> Iterator[Synapses]:
        """Yield what brings the spikes of each gating projection to the slots nearby."""
        if not self.active:
            return
        for name, contacts in self.gates.items():
            contact, slot, share = self._near(contacts)
            delay = contacts.delay if contacts.delay.size == 1 else contacts.delay[contact]
            values = {"share": share, "gaba_steps": np.array([self.settle_steps], np.int32)}
            yield Synapses(
                f"{name}_{self.projection}_gates",
                self.model.circuit.projections[name].origin,
                self.name,
                contacts.pre[contact],
                slot.astype(np.int32),
                "share : 1 (constant)\ngaba_steps : integer (shared, constant)",
                "gaba_grown += share*exp((t_in_timesteps % gaba_steps)*dt/gaba_decay)",
                delay,
                values,
                ("share",),
                aliases={n: Alias(self.name, n, "post") for n in ("gaba_grown", "gaba_decay")},
                order=-1,
            )

    def _near(self, contacts: Contacts) -> tuple[Array, Array, Array]:
        """Return pairs of contacts and slots on one dendrite, and the share of each pair."""
        found: list[tuple[Array, Array, Array]] = []
        spines = self.spines
        for number, cell in enumerate(contacts.post):
            same = np.flatnonzero(
                (spines.post == cell)
                & (spines.sites.compartment == contacts.sites.compartment[number])
            )
            distance = np.abs(spines.sites.position[same] - contacts.sites.position[number])
            share = np.exp(-distance / self.range[self.copy[same]])
            near = share > np.exp(-_FARTHEST)
            found.append((np.full(int(near.sum()), number), same[near], share[near]))
        parts = zip(*found, strict=True) if found else ([], [], [])
        contact, slot, share = (np.concatenate([*part, np.zeros(0)]) for part in parts)
        order = np.lexsort((slot, contacts.pre[contact.astype(int)]))
        return contact[order].astype(int), slot[order].astype(int), share[order]
