"""What disorders do to learning: docs/disorders_and_learning.csv and the picture beside it.

Runs protocols of learning under every disorder that their models can have, and the protocol
memory_retention along the slope of intrinsic noise; compares in pairs of the same repeat. Result
files stand in a folder, by default results/learning; those that are there are read, not run again.

    python tools/disorders_and_learning.py [FOLDER]
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from draw_disorders_and_learning import draw
from fit_disorders import CORTEX, log_drift

from neurospine import Protocol, Trajectory, load_disorder, load_protocol, simulate
from neurospine.analysis.chain_measures import sizes, stationary
from neurospine.analysis.effect_sizes import paired_effect
from neurospine.analysis.repeat_values import repeat_values
from neurospine.description.disordered import disorder_names

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "disorders_and_learning.csv"
PICTURE = ROOT / "docs" / "images" / "disorders_and_learning.png"
CONTROL = "control"


@dataclass(frozen=True)
class Column:
    """One number of a run: a measure at a place on its own axis (the nearest one)."""

    name: str
    measure: str
    axis: str
    place: float


@dataclass(frozen=True)
class Experiment:
    """A protocol with its columns; other spines, parameter sets and disorders if they are named."""

    protocol: str
    columns: tuple[Column, ...]
    model: str
    spine: str | None = None
    sets: tuple[str, ...] = ()
    disorders: tuple[str, ...] = ()
    repeats: int | None = None


MEMORY = (
    Column("memory: learnt", "memory", "time", 0.0),
    Column("memory: kept 4 weeks", "kept", "time", 28.0),
    Column("memory: there after 4 weeks", "memory", "time", 28.0),
    Column("memory: new spines", "rewired", "time", 0.0),
)
ASSEMBLIES = (
    Column("assemblies: learnt", "strength", "time", 0.0),
    Column("assemblies: kept 4 weeks", "kept", "time", 28.0),
)
CONDITIONING = (
    Column("conditioning: second day", "at_cue", "trial", 12.5),
    Column("conditioning: sixth day", "at_cue", "trial", 44.5),
    Column("conditioning: 4 days later", "at_recall", "trial", 1.0),
)
DISCRIMINATION = (
    Column("two cues: the rewarded one", "to_rewarded", "trial", 58.0),
    Column("discrimination", "discrimination", "trial", 58.0),
)

#: A preset belongs to the model in which all its changes find something.
EXPERIMENTS = (
    Experiment("memory_retention", MEMORY, "young adult cortex"),
    Experiment(
        "memory_retention", MEMORY, "young cortex, with filopodia", "young_memory_spine",
        ("s1_p16",), ("syngap1",),
    ),
    Experiment(
        "memory_retention", MEMORY, "near a plaque", "plaque_memory_spine",
        ("cortex_young_adult",), ("alzheimer",),
    ),
    Experiment(
        "memory_retention", MEMORY, "striatum, D1 cells", "striatal_memory_spine",
        ("ca1_in_vivo", "d1_cells"), ("cocaine",),
    ),
    Experiment("assemblies_in_disorders", ASSEMBLIES, "cortical network"),
    Experiment("conditioning_days", CONDITIONING, "striatum, D1 cells"),
    Experiment("discrimination", DISCRIMINATION, "striatum, D1 and D2 cells", repeats=6),
)  # fmt: skip

#: Factors on the slope of intrinsic noise; 1 is the healthy preset.
FACTORS = (0.25, 0.35, 0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0)
SERIES = ("noise alone", "noise alone, births to match", "noise and drift, births to match")
NOISE = (
    *MEMORY,
    Column("density", "density", "", 0.0),
)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "results" / "learning"
    folder.mkdir(parents=True, exist_ok=True)
    presets = pd.concat([_presets(number, e, folder) for number, e in enumerate(EXPERIMENTS)])
    presets = pd.concat([presets, _missing(presets)], ignore_index=True)
    noise = _noise(folder)
    table = pd.concat([presets.assign(question="disorder"), noise.assign(question="noise slope")])
    front = ["question", "row", "column", "model"]
    table = table[[*front, *(name for name in table if name not in front)]]
    TABLE.write_text(table.to_csv(index=False, float_format="%.5g"))
    print(markdown(presets, "column"))
    for name, part in noise.groupby("column", sort=False):
        print(f"\n{name}\n")
        print(markdown(part, "series"))
    draw(presets, noise, PICTURE)


def _presets(number: int, experiment: Experiment, folder: Path) -> pd.DataFrame:
    """Return the effects of disorders in one experiment."""
    protocol = load_protocol(experiment.protocol)
    if experiment.spine:
        protocol = _changed(
            protocol,
            model={"circuit": protocol.model.circuit, "spine": experiment.spine,
                   "parameters": experiment.sets},
            conditions={"disorder": {"values": (CONTROL, *experiment.disorders),
                                     "meaning": "Disorder", "disorders": True}},
            targets=(),
        )  # fmt: skip
    if experiment.repeats:
        protocol = _changed(protocol, repeats=experiment.repeats)
    values = _values(protocol, folder / f"{number}_{experiment.protocol}.h5")
    rows = []
    for column in experiment.columns:
        table = _at(values[column.measure], column)
        for name in table["disorder"].unique():
            if name != CONTROL:
                effect = _effect(table, table["disorder"] == CONTROL, table["disorder"] == name)
                rows.append({"row": name, "column": column.name, "model": experiment.model,
                             **effect})  # fmt: skip
    return pd.DataFrame(rows)


def _missing(presets: pd.DataFrame) -> pd.DataFrame:
    """Return why there is no number, for each disorder and column without one."""
    found = set(zip(presets["row"], presets["column"], strict=True))
    rows = [
        {"row": name, "column": column, "why": _why(name, column)}
        for name in dict.fromkeys([*presets["row"], *disorder_names()])
        for column in presets["column"].unique()
        if (name, column) not in found
    ]
    return pd.DataFrame(rows)


def _why(name: str, column: str) -> str:
    """Return why a disorder has no number in a column."""
    changes = [change for one in name.split(" + ") for change in load_disorder(one).changes]
    if "ketamine" in name and column.startswith("conditioning"):
        return "begins after the end"
    what = " and ".join(sorted({change.role or change.parameter or "" for change in changes}))
    return f"does not apply: the model has no {what}"


def _noise(folder: Path) -> pd.DataFrame:
    """Return memory along the slope of noise: values, and effects relative to the healthy one."""
    rows = list(_slopes())
    conditions = {
        name.rpartition(".")[2]: {
            "values": [row[name.rpartition(".")[2]] for row in rows], "unit": unit,
            "meaning": meaning, "parameter": name,
        }
        for name, unit, meaning in (
            ("log_drift.slope_factor", "1", "Factor on the noise at unchanged drift"),
            ("log_drift.noise_slope", "1/day**0.5", "Noise with its drift"),
            ("log_drift.tau_drift", "day", "Drift"),
            ("turnover.birth_rate", "1/day", "Births"),
            ("turnover.start_share", "1", "Filled sites at the start"),
            ("turnover.start_volume", "um**3", "Volume at the start"),
            ("turnover.start_spread", "1", "Spread at the start"),
        )
    }  # fmt: skip
    protocol = load_protocol("memory_retention")
    measures = {
        name: table for name, table in _tables(protocol)["measures"].items()
        if table["kind"] != "effect"
    }  # fmt: skip
    protocol = _changed(
        protocol, name="memory_and_noise", arrangement="rows", conditions=conditions,
        disorder_from=None, measures=measures, targets=(), plot=None,
    )  # fmt: skip
    values = _values(protocol, folder / "noise.h5")
    values["area"] = _area(values["memory"])
    found = []
    for column in (*NOISE, Column("memory: sum over 8 weeks", "area", "", 0.0)):
        table = _at(values[column.measure], column)
        own = list(conditions)
        number = table.groupby(own, sort=False).ngroup()
        keys = table.loc[~number.duplicated(), own].reset_index(drop=True)
        for row in rows:
            mine = number == _row(keys, row)
            effect = _effect(table, number == _row(keys, rows[FACTORS.index(1.0)]), mine)
            found.append({"row": f"{row['factor']:g}", "column": column.name,
                          "series": row["series"], "model": "young adult cortex",
                          **_interval(table.loc[mine, "value"]), **effect})  # fmt: skip
    return pd.DataFrame(found)


def _slopes() -> Iterator[dict[str, float | str]]:
    """Yield the parameters of each series and factor, with the steady sizes as start."""
    healthy = stationary(log_drift(CORTEX)).sum()
    for series in SERIES:
        for factor in FACTORS:
            moved = {"slope_factor": factor, "noise_slope": CORTEX["noise_slope"],
                     "tau_drift": CORTEX["tau_drift"]}  # fmt: skip
            if "drift" in series:
                moved = {"slope_factor": 1.0, "noise_slope": CORTEX["noise_slope"] * factor,
                         "tau_drift": CORTEX["tau_drift"] / factor**2}  # fmt: skip
            chain = log_drift({**CORTEX, **moved})
            law = stationary(chain)
            births = CORTEX["birth_rate"] * (healthy / law.sum() if "births" in series else 1.0)
            size, filled = sizes(chain, law), births * law.sum()
            yield {"series": series, "factor": factor, **moved, "birth_rate": births,
                   "start_share": filled / (1 + filled), "start_volume": np.exp(size.log_mean),
                   "start_spread": size.log_sd}  # fmt: skip


def _row(keys: pd.DataFrame, row: dict[str, float | str]) -> int:
    same = [np.isclose(keys[name].astype(float), float(row[name])) for name in keys]
    return int(np.flatnonzero(np.all(same, axis=0))[0])


def _area(memory: pd.DataFrame) -> pd.DataFrame:
    """Return the sum of d' over the weeks after training (d' times days), by repeat."""
    keys = [name for name in memory if name not in ("time", "value")]
    sums = memory.groupby(keys, sort=False)[["time", "value"]].apply(
        lambda part: np.trapezoid(part["value"], part["time"])
    )
    return sums.rename("value").reset_index()


def _tables(protocol: Protocol) -> dict:
    return protocol.model_dump(exclude_unset=True)


def _changed(protocol: Protocol, **tables: object) -> Protocol:
    """Return a protocol with other tables."""
    return Protocol(**{k: v for k, v in {**_tables(protocol), **tables}.items() if v is not None})


def _values(protocol: Protocol, path: Path) -> dict[str, pd.DataFrame]:
    """Return what a protocol measures, by repeat; its run is made if it is not there."""
    if path.exists():
        trajectory = Trajectory.from_hdf5(path)
    else:
        print(f"running {protocol.name} ({path.name})", flush=True)
        trajectory = simulate(None, protocol, output=path)
    return repeat_values(trajectory, protocol)


def _at(table: pd.DataFrame, column: Column) -> pd.DataFrame:
    if not column.axis:
        return table
    places = table[column.axis]
    nearest = places.iloc[(places - column.place).abs().argmin()]
    return table[places == nearest]


def _effect(table: pd.DataFrame, control: pd.Series, other: pd.Series) -> dict[str, object]:
    both = [table[rows].set_index("repeat")["value"].dropna() for rows in (control, other)]
    first, second = both[0].align(both[1], join="inner")
    effect = paired_effect(first.to_numpy(float), second.to_numpy(float))
    return {**asdict(effect), "excludes_zero": effect.excludes_zero}


def _interval(values: pd.Series) -> dict[str, float]:
    """Return the mean of values with its interval, as a pair's with nothing."""
    effect = paired_effect(np.zeros(len(values)), values.to_numpy(float))
    return {"value_low": effect.low, "value_high": effect.high}


def markdown(table: pd.DataFrame, across: str) -> str:
    """Return a table in Markdown, a row for each disorder or factor."""
    columns = list(dict.fromkeys(table[across]))
    cells = {(row["row"], row[across]): _cell(row) for _, row in table.iterrows()}
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    for name in dict.fromkeys(table["row"]):
        lines.append([name, *(cells[name, column] for column in columns)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: pd.Series) -> str:
    """Return the change in percent, or of noise the value; bold where it is not that of control."""
    if isinstance(row.get("why"), str):
        return "begins later" if "begins" in row["why"] else "does not apply"
    if "value_low" in row:
        text = f"{row['value']:.3g} ({row['value_low']:.3g} to {row['value_high']:.3g})"
    else:
        ends = f"{row['percent_low']:+.0f} to {row['percent_high']:+.0f}"
        text = f"{row['percent']:+.0f} ({ends})"
    return f"**{text}**" if row["excludes_zero"] else text


if __name__ == "__main__":
    main()
