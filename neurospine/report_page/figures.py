"""The figures of a run: their data, and in words what each shows and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurospine.analysis.drawing import capitalised
from neurospine.analysis.neuron_drawing import words
from neurospine.report_page.figures_data import short, spread
from neurospine.report_page.pools import pools
from neurospine.report_page.reported import ReportedRun
from neurospine.report_page.spikes import spikes
from neurospine.report_page.survival import survival
from neurospine.report_page.traces import POINTS, traces

#: Phases by which a time axis can be narrowed, at most.
_PHASES = 40


@dataclass(frozen=True)
class FigureText:
    """A figure as the text of a page has it.

    Attributes
    ----------
    kind
        Which drawing it is.
    title
        Its heading.
    words
        What is shown and how much of what there is; where there is nothing, why.
    shown
        Whether there is something to draw.
    """

    kind: str
    title: str
    words: str
    shown: bool = True


def figures(run: ReportedRun) -> tuple[list[FigureText], dict[str, Any]]:
    """Return the figures of a run in words, and the data that they are drawn from."""
    about = run.trajectory.info
    names, starts, stops = (about.phases[key] for key in ("name", "start", "stop"))
    rows = spread(len(about.phases), _PHASES).tolist()
    data: dict[str, Any] = {
        "name": run.path.stem,
        "conditions": run.conditions,
        "repeats": int(about.attributes.get("repeats", 1)),
        "stop": float(stops.max()),
        "phases": [{"name": str(names[k]), "span": short([starts[k], stops[k]], 12)} for k in rows],
        "pools": pools(run),
        "survival": survival(run),
        "spikes": spikes(run),
        "modulators": traces(run, modulators=True),
        "traces": traces(run, modulators=False),
    }
    texts = [
        _trajectories(data["pools"]),
        _sizes(data["pools"]),
        _survival(data["survival"], len(run.trajectory.contacts)),
        *_stages(data["pools"]),
        *_spikes(data["spikes"]),
        _modulators(run, data["modulators"]),
    ]
    if data["traces"]:
        texts.append(FigureText("traces", "Recorded variables", _thinned(data["traces"])))
    return texts, data


def _trajectories(found: list[dict[str, Any]]) -> FigureText:
    title = "Spines over time"
    if not any(pool["spines"] for pool in found):
        return FigureText("trajectories", title, "The file holds no snapshots of spines.", False)
    parts = []
    for pool in found:
        shown, ever = len(pool["spines"]), pool["ever"]
        part = f"{_pool_name(found, pool)}{_of(shown, ever)} sites that ever held a spine"
        if pool["recorded"] < pool["slots"]:
            part += f" and were recorded ({_of(pool['recorded'], pool['slots'])} sites)"
        parts.append(part)
    text = capitalised(f"{'; '.join(parts)}; at {_snapshots(found)} snapshots.")
    if any(len(pool["spines"]) < pool["ever"] for pool in found):
        text += (
            " Of each condition a third are those that changed most, a third some of those born "
            "or lost, the others by chance."
        )
    return FigureText("trajectories", title, text)


def _sizes(found: list[dict[str, Any]]) -> FigureText:
    title = "Distribution of sizes"
    if not any(_any_count(pool["sizes"]["counts"]) for pool in found):
        return FigureText("sizes", title, "The file holds no sizes of spines.", False)
    number = " or ".join(dict.fromkeys(f"{len(pool['sizes']['times']):,}" for pool in found))
    text = f"Head volume (µm³) of all recorded spines, at {number} snapshots."
    return FigureText("sizes", title, text)


def _survival(found: list[dict[str, Any]], tables: int) -> FigureText:
    title = "Survival"
    if not found:
        why = "No spine was lost in this run." if tables else "No table of births and deaths: "
        why += "" if tables else "the spines of this run are neither born nor lost."
        return FigureText("survival", title, why, False)
    return FigureText(
        "survival",
        title,
        "Share of spines alive after a lag, by the estimate of Kaplan and Meier; lives are cut off "
        "at the end of observation, and those that were there before count from its start. Means "
        "over repeats with 95 % confidence intervals.",
    )


def _stages(found: list[dict[str, Any]]) -> list[FigureText]:
    if not any(pool["flow"] for pool in found):
        why = "Spines have no stages in this run, or these were not recorded."
        return [FigureText("stages", "Stages", why, False)]
    texts = [FigureText("stages", "Stages over time", "Number of sites in each stage.")]
    if any(pool["moves"] for pool in found):
        text = "Sites by their stage at the first and the last snapshot."
        texts.append(FigureText("moves", "From stage to stage", text))
    return texts


def _spikes(found: dict[str, Any] | None) -> list[FigureText]:
    if found is None:
        why = "No neuron made a spike in this run."
        return [FigureText("raster", "Spikes", why, False)]
    shown = sum(
        len(line["time"])
        for condition in found["conditions"]
        for window in condition["windows"]
        for line in window["spikes"].values()
    )
    cells = ", ".join(
        f"{words(p['name'])} {len(p['cells']):,} of {p['size']:,}" for p in found["populations"]
    )
    number, all_of = len(found["conditions"]), found["conditions_of_run"]
    where = f" in {_of(number, all_of)} conditions" * (all_of > 1)
    where += f", repeat 0 of {found['repeats']}" * (found["repeats"] > 1)
    text = f"{capitalised(_of(shown, found['total']))} spikes{where}; cells shown: {cells}."
    rates = "Spikes a second of a cell, mean over all cells of a population" + where + "."
    return [
        FigureText("raster", "Spikes", text),
        FigureText("rates", "Rates through the run", rates),
    ]


def _modulators(run: ReportedRun, found: list[dict[str, Any]]) -> FigureText:
    title = "Dopamine and other neuromodulators"
    if found:
        return FigureText("modulators", title, _thinned(found))
    if not run.modulators:
        why = "The circuit has no neuromodulator."
    else:
        names = sorted(run.modulators)
        tables = ", ".join(f"[traces.{name}]" for name in names)
        why = (
            f"The concentration of {', '.join(names)} was not recorded; {tables} in the protocol "
            "records it. Spikes of the neurons that release it are among the rates above."
        )
    return FigureText("modulators", title, why, False)


def _thinned(found: list[dict[str, Any]]) -> str:
    parts = [f"{words(p['population'])}: {_of(len(p['lines']), p['all'])} lines" for p in found]
    text = capitalised(f"{'; '.join(parts)}.")
    if any(p["samples"] > POINTS for p in found):
        text += (
            " Of a long one the lowest and highest value of each short stretch are drawn, "
            f"{POINTS} points in all."
        )
    return text


def _pool_name(found: list[dict[str, Any]], pool: dict[str, Any]) -> str:
    return f"{words(pool['name'])}: " * (len(found) > 1)


def _snapshots(found: list[dict[str, Any]]) -> str:
    """Return how many snapshots of how many are shown, of each pool where they differ."""
    words_of = (_of(len(pool["times"]), pool["snapshots"]) for pool in found)
    return " or ".join(dict.fromkeys(words_of))


def _of(shown: int, total: int) -> str:
    return f"all {total:,}" if shown == total else f"{shown:,} of {total:,}"


def _any_count(counts: Any) -> bool:
    return any(any(any(bins) for bins in groups) for groups in counts)
