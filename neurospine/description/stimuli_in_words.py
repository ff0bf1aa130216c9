"""Stimuli in a few words, for lists and pages."""

from __future__ import annotations

from collections.abc import Container, Iterable

from neurospine.description.stimuli import (
    Current,
    Dip,
    Pairing,
    Poisson,
    Regular,
    SpikeList,
    Stimulus,
    Triplet,
    Uncaging,
    Volley,
)


def in_words(stimulus: Stimulus, axes: Container[str] = ()) -> str:
    """Return a stimulus in a few words: its kind, where it goes and its numbers.

    The names of conditions, which are among `axes`, stand in quotation marks.
    """
    facts = stimulus.model_dump(exclude={"kind", "compartment", "file", "unit"})
    named = {
        key: f"'{fact}'" for key, fact in facts.items() if isinstance(fact, str) and fact in axes
    }
    s = stimulus.model_copy(update=named)
    match s:
        case Regular():
            later = "" if s.delay.split()[0] == "0" else f" and {s.delay} later"
            what = f"{s.count} spikes at {s.rate} in {s.population}, from {s.start}{later}"
        case Poisson():
            until = f" to {s.stop}" if s.stop else ""
            what = f"{s.rate} in {s.population}, from {s.start}{until}"
        case Pairing():
            what = (
                f"{s.presynaptic} and {s.postsynaptic}, interval {s.interval}, {s.count} pairs "
                f"at {s.rate}, from {s.start}"
            )
        case Triplet():
            what = (
                f"{s.presynaptic} and {s.postsynaptic}, {s.order}, intervals {s.first_interval} "
                f"and {s.second_interval}, {s.count} at {s.rate}, from {s.start}"
            )
        case SpikeList():
            what = f"{s.file or f'{len(s.times)} spikes'} in {s.population}"
        case Volley():
            spread = "" if s.spread.split()[0] == "0" else f", {s.spread} apart"
            what = f"a spike in each of {s.count} cells of {s.population} at {s.start}{spread}"
        case Uncaging():
            which = f"{s.number} {s.projection} around {s.around or 'the middle'}"
            if s.spines is not None:
                which = f"{s.projection} {listed(s.spines)}"
            what = f"{s.count} pulses at {s.rate} onto {which}, from {s.start}"
        case Dip():
            what = f"{s.neuromodulator} by {s.depth} for {s.duration}, from {s.start}"
        case Current():
            into = f"{s.population}.{s.compartment}" if s.compartment else s.population
            cells = f" (cells {listed(s.cells)})" if s.cells else ""
            again = f", {s.count} pulses at {s.rate}" if s.rate else ""
            what = f"{s.amplitude} into {into}{cells}, {s.start} to {s.stop}{again}"
    return f"{s.kind}: {what}"


def listed(cells: Iterable[int]) -> str:
    """Return numbers with commas between them."""
    return ", ".join(map(str, cells))
