"""The phases of a protocol as a program goes through them: stretches in whole steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neurospine.description.protocol import Protocol


@dataclass(frozen=True)
class Stretch:
    """A phase in whole steps.

    Attributes
    ----------
    spiking
        Whether neurons run; otherwise only the slow clock does.
    steps
        Its length.
    slow_steps
        Steps in a tick of the slow clock.
    record_steps
        Steps between two snapshots.
    sampled
        Whether the drive of plasticity is measured in it.
    sample_steps
        With the drive of a sample applied: how long that sample was, else 0.
    """

    spiking: bool
    steps: int
    slow_steps: int
    record_steps: int
    sampled: bool = False
    sample_steps: int = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing spikes and no sample is applied."""
        return not self.spiking and not self.sample_steps


def stretches(protocol: Protocol) -> tuple[Stretch, ...]:
    """Return the phases of a protocol in whole steps."""
    step = protocol.step_seconds
    sampled = {phase.activity for phase in protocol.phases if phase.activity}
    lengths = {phase.name: round(phase.seconds / step) for phase in protocol.phases}
    found = []
    for phase in protocol.epochs:
        slow = protocol.spine_seconds if phase.spiking else phase.tick_seconds
        found.append(
            Stretch(
                phase.spiking,
                round(phase.seconds / step),
                max(1, round(slow / step)),
                round(protocol.recorded_every(phase) / step),
                phase.original in sampled,
                lengths[phase.activity] if phase.activity else 0,
            )
        )
    return tuple(found)


def common_steps(schedule: Sequence[Stretch], *, slow: bool) -> int:
    """Return how many steps lie between borders of spiking stretches, at the least.

    Parameters
    ----------
    schedule
        All stretches.
    slow
        Whether the slow clock ticks in them.
    """
    steps = 0
    for stretch in schedule:
        if stretch.spiking:
            steps = math.gcd(steps, stretch.record_steps, stretch.slow_steps if slow else 0)
    return steps or 1


def updates(schedule: Sequence[Stretch]) -> Iterator[int]:
    """Yield when numbers may change: each stretch begins, or a snapshot has been taken."""
    began = 0
    for stretch in schedule:
        yield from range(began, began + stretch.steps, stretch.record_steps)
        began += stretch.steps


def recorded(schedule: Sequence[Stretch]) -> int:
    """Return the number of snapshots of a whole run."""
    return 1 + sum(stretch.steps // stretch.record_steps for stretch in schedule)
