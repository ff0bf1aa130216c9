"""Spines as a Markov chain of size classes, solved without random numbers.

The head volume V of a spine follows ``dV = drift dt + noise dW`` (Ito), a spine leaves its stage
at rates that depend on its size, and new ones appear at random. Here each stage is a row of size
classes (`size_classes`), or one state where the volume stands still, and everything that can be
asked of many independent spines (`chain_measures`) is linear algebra.

Volumes are in um**3. Time has any unit, as long as drift, noise and all rates use the same one;
in the package that is the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurospine.analysis.size_classes import NORMAL, WEIGHT, Array, Classes, Function
from neurospine.description.evaluate import evaluate
from neurospine.errors import ModelError

#: Size classes, and the range of volumes (um**3) that they cover; the range starts at the lowest
#: volume of a process that has one. Finer classes change shares and rates by less than 1 %.
CLASSES = 160
SMALLEST = 5e-4
LARGEST = 4.0


@dataclass(frozen=True)
class Chain:
    """Living spines as probabilities of states: a stage, and in most stages a size class.

    Parameters
    ----------
    volume
        Head volume of each state in um**3; of a stage without dynamics its median. Shape
        (states,).
    stage
        Name of the stage of each state. Shape (states,).
    fluctuates
        Whether a state is a size class. Shape (states,).
    width
        Width of a size class in ln V.
    generator
        Rate from state j to state i in row i and column j; columns sum to minus the rate of
        death. Shape (states, states).
    births
        Share of newborns in each state; below one if some are born below the lowest volume.
        Shape (states,).
    """

    volume: Array
    stage: Array
    fluctuates: Array
    width: float
    generator: Array
    births: Array

    def seen(self, detection: float = 0.0, stages: Sequence[str] | None = None) -> Array:
        """Return the share of each state that a visit sees.

        Parameters
        ----------
        detection
            Smallest volume that is seen, in um**3.
        stages
            Stages that are scored; None for all.
        """
        if detection > 0:
            below = (np.log(detection) - np.log(self.volume)) / self.width + 0.5
            share = np.where(
                self.fluctuates, 1.0 - np.clip(below, 0.0, 1.0), self.volume >= detection
            )
        else:
            share = np.ones_like(self.volume)
        return share if stages is None else share * np.isin(self.stage, list(stages))


@dataclass(frozen=True)
class Move:
    """Change of stage at a rate; `absent` is where spines come from and go to.

    `rate` is a number, or an array over the size classes when it depends on volume. `entry` is
    the share of each size class on entering, None when the volume is kept.
    """

    origin: str
    target: str
    rate: Array | float
    entry: Array | None = None


def size_chain(
    drift: Function,
    noise: Function,
    hazard: Function,
    birth_volume: float,
    birth_spread: float,
    *,
    lowest: float = 0.0,
    filopodium: tuple[float, float] | None = None,
    classes: int = CLASSES,
    smallest: float = SMALLEST,
    largest: float = LARGEST,
) -> Chain:
    """Return the chain of one size process given as functions of volume (um**3).

    Parameters
    ----------
    drift, noise
        Of dV, in um**3 per time and um**3 per square root of time.
    hazard
        Rate of elimination per time.
    birth_volume, birth_spread
        Median volume of newborns in um**3 and SD of its logarithm.
    lowest
        Volume in um**3 at which a spine vanishes; 0 for none.
    filopodium
        Death and maturation rate of a stage before the first volume; None without that stage.
    classes, smallest, largest
        Number of size classes and their range in um**3.
    """
    sizes = Classes(lowest or smallest, largest, classes, absorbing=lowest > 0)
    rate = np.broadcast_to(hazard(np.exp(sizes.centres)), sizes.centres.shape)
    newborn = sizes.log_normal(birth_volume, birth_spread)
    moves = [Move("spine", "absent", rate)]
    stages = {"spine": True}
    if filopodium is None:
        moves.append(Move("absent", "spine", 1.0, newborn))
    else:
        stages = {"filopodium": False, "spine": True}
        moves.append(Move("absent", "filopodium", 1.0, newborn))
        moves.append(Move("filopodium", "absent", filopodium[0]))
        moves.append(Move("filopodium", "spine", filopodium[1]))
    return assemble(sizes, sizes.diffusion(drift, noise), stages, moves)


def chain_of(
    process: Mapping[str, str],
    stages: Mapping[str, Mapping[str, Any]],
    transitions: Sequence[Mapping[str, str]],
    values: Mapping[str, float],
    *,
    classes: int = CLASSES,
    smallest: float = SMALLEST,
    largest: float = LARGEST,
) -> Chain:
    """Return the chain of an intrinsic and a stages part, as their files have them.

    Parameters
    ----------
    process
        `drift`, `noise`, and `lowest` (the name of a parameter, or empty).
    stages
        Tables by name; the first stage is the absent one. Size classes stand for the stages that
        fluctuate, one state for each other.
    transitions
        Tables with `from`, `to`, `rate` and, where the volume changes, `volume`.
    values
        Parameters as the expressions see them (seconds, um**3).
    classes, smallest, largest
        Number of size classes and their range in um**3.

    Raises
    ------
    ModelError
        If a rate reads more than volume and parameters, or a rate out of a stage without
        dynamics depends on volume.
    """
    floor = values[process["lowest"]] if process.get("lowest") else 0.0
    sizes = Classes(floor or smallest, largest, classes, absorbing=floor > 0)
    absent, *living = stages

    def at(expression: str, volume: Array) -> Array:
        value = evaluate(expression, {**values, "volume": volume})
        return np.broadcast_to(np.asarray(value, dtype=float), volume.shape)

    def entry(expression: str | None) -> Array | None:
        if not expression:
            return None
        volume = evaluate(expression, {**values, "normal": NORMAL})
        return sizes.share(np.broadcast_to(volume, NORMAL.shape), WEIGHT)

    fluctuates = {name: bool(stages[name].get("fluctuates", True)) for name in living}
    moves = []
    for table in transitions:
        origin, target = ("absent" if n == absent else n for n in (table["from"], table["to"]))
        sized = fluctuates.get(origin, False)
        rate = (
            at(table["rate"], np.exp(sizes.centres))
            if sized
            else float(evaluate(table["rate"], values))
        )
        arrives = None if target == "absent" else entry(table.get("volume"))
        moves.append(Move(origin, target, rate, arrives))
    diffusion = sizes.diffusion(
        lambda v: at(process["drift"], v), lambda v: at(process["noise"], v)
    )
    return assemble(sizes, diffusion, fluctuates, moves)


def assemble(
    sizes: Classes, diffusion: Array, fluctuates: Mapping[str, bool], moves: Sequence[Move]
) -> Chain:
    """Return the chain of several stages over one size process.

    Parameters
    ----------
    sizes
        The size classes.
    diffusion
        Generator of the size process. Shape (classes, classes).
    fluctuates
        Whether a stage has size classes, by name and in order, without the absent stage.
    moves
        Births, deaths and changes of stage.

    Raises
    ------
    ModelError
        If nothing is born, or the volume in a stage without dynamics is not known.
    """
    born = sum(float(np.max(m.rate)) for m in moves if m.origin == "absent")
    if not born > 0:
        raise ModelError("no spine is ever born, so the population has no steady state")
    counts = [sizes.number if sized else 1 for sized in fluctuates.values()]
    ends = np.cumsum(counts)
    rows = {
        name: slice(end - count, end)
        for name, end, count in zip(fluctuates, ends, counts, strict=True)
    }
    held = _entries_of_still_stages(fluctuates, moves)
    generator = np.zeros((ends[-1], ends[-1]))
    births = np.zeros(ends[-1])
    for name, place in rows.items():
        if fluctuates[name]:
            generator[place, place] += diffusion
    for move in moves:
        entry = move.entry if move.entry is not None else held.get(move.origin)
        still = not fluctuates.get(move.target, True)
        if move.origin == "absent":
            if not still and entry is None:
                raise ModelError(f"spines are born as {move.target!r} without a volume")
            births[rows[move.target]] += move.rate * (
                np.ones(1) if entry is None or still else entry
            )
            continue
        start = rows[move.origin]
        rate = np.broadcast_to(np.asarray(move.rate), births[start].shape)
        generator[start, start] -= np.diag(rate)
        if move.target != "absent":
            arriving = np.ones(1) if still else entry
            flow = np.diag(rate) if arriving is None else np.outer(arriving, rate)
            generator[rows[move.target], start] += flow
    volume = [
        np.exp(sizes.centres)
        if sized
        else np.exp(sizes.centres @ held[name] / held[name].sum()).reshape(1)
        for name, sized in fluctuates.items()
    ]
    return Chain(
        volume=np.concatenate(volume),
        stage=np.repeat(list(fluctuates), counts),
        fluctuates=np.repeat(list(fluctuates.values()), counts),
        width=sizes.width,
        generator=generator,
        births=births / born,
    )


def _entries_of_still_stages(
    fluctuates: Mapping[str, bool], moves: Sequence[Move]
) -> dict[str, Array]:
    """Return the shares of size classes that each stage without dynamics holds."""
    held: dict[str, Array] = {}
    for name in (name for name, sized in fluctuates.items() if not sized):
        entries = [move.entry for move in moves if move.target == name]
        first = entries[0] if entries else None
        if first is None or not all(e is not None and np.array_equal(e, first) for e in entries):
            raise ModelError(
                f"stage {name!r} has no dynamics, so one volume must be given on entry"
            )
        held[name] = first
    return held
