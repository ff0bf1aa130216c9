"""What disorders do to learning: docs/disorders_and_learning.csv and the picture beside it.

Runs protocols of learning under every disorder that their models can have, and the protocol
memory_retention along the slope of intrinsic noise; compares in pairs of the same repeat. Result
files stand in a folder, by default results/learning; those that are there are read, not run again.

    python tools/disorders_and_learning.py [FOLDER]
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from draw_disorders_and_learning import draw
from learning_runs import MEMORY, Column, at_place, changed, effect, measured
from noise_and_memory import MATCHED, along_noise

from neurospine import load_disorder, load_protocol
from neurospine.description.disordered import disorder_names

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "disorders_and_learning.csv"
PAGE = TABLE.with_suffix(".md")
PICTURE = ROOT / "docs" / "images" / "disorders_and_learning.png"
CONTROL = "control"
#: Columns on the page; the file has all.
SHOWN = (
    "memory: learnt",
    "memory: new spines",
    "memory: kept 4 weeks",
    "assemblies: learnt",
    "assemblies: kept 4 weeks",
    "conditioning: second day",
    "conditioning: 4 days later",
)
#: How the table for readers says why there is no number, by the first word of the reason.
SHORT = {"begins": "begins later", "does": "does not apply", "in": "nothing left in control"}


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
    numbers: dict[str, str] | None = None


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
        (), ("alzheimer",), numbers={"plaque_distance": "10 um", "birth_rate": "0.01553 / day",
                 "start_share": "0.5"},
    ),
    Experiment(
        "memory_retention", MEMORY, "striatum, D1 cells", "striatal_memory_spine",
        ("ca1_in_vivo", "d1_cells"), ("cocaine",),
        numbers={"birth_rate": "0.0951 / day", "start_share": "0.5"},
    ),
    Experiment("assemblies_in_disorders", ASSEMBLIES, "cortical network"),
    Experiment("conditioning_days", CONDITIONING, "striatum, D1 cells"),
    Experiment("discrimination", DISCRIMINATION, "striatum, D1 and D2 cells", repeats=6),
)  # fmt: skip


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "results" / "learning"
    folder.mkdir(parents=True, exist_ok=True)
    presets = pd.concat([_presets(number, e, folder) for number, e in enumerate(EXPERIMENTS)])
    presets = pd.concat([presets, _missing(presets)], ignore_index=True)
    noise = along_noise(folder)
    table = pd.concat([presets.assign(question="disorder"), noise.assign(question="noise slope")])
    front = ["question", "row", "column", "model"]
    table = table[[*front, *(name for name in table if name not in front)]]
    TABLE.write_text(table.to_csv(index=False, float_format="%.5g"))
    texts = {
        "disorders": markdown(presets[presets["column"].isin(SHOWN)], "column"),
        "slope": markdown(noise[noise["series"] == MATCHED], "column"),
        "readings": markdown(noise[noise["column"] == "memory: there after 4 weeks"], "series"),
    }
    for name, text in texts.items():
        print(f"\n{text}")
        _insert(name, text)
    draw(presets, noise, PICTURE)


def _insert(name: str, text: str) -> None:
    """Put a table into its place on the page."""
    page = PAGE.read_text()
    start, stop = (f"<!-- {word} of {name} -->" for word in ("table", "end"))
    before, rest = page.split(start)
    PAGE.write_text(f"{before}{start}\n{text}\n{stop}{rest.split(stop)[1]}")


def _presets(number: int, experiment: Experiment, folder: Path) -> pd.DataFrame:
    """Return the effects of disorders in one experiment."""
    protocol = load_protocol(experiment.protocol)
    if experiment.spine:
        protocol = changed(
            protocol,
            model={"circuit": protocol.model.circuit, "spine": experiment.spine,
                   "parameters": experiment.sets},
            conditions={"disorder": {"values": (CONTROL, *experiment.disorders),
                                     "meaning": "Disorder", "disorders": True}},
            targets=(),
        )  # fmt: skip
    if experiment.repeats:
        protocol = changed(protocol, repeats=experiment.repeats)
    found = measured(protocol, folder / f"{number}_{experiment.protocol}.h5", experiment.numbers)
    rows = []
    for column in experiment.columns:
        table = at_place(found[column.measure], column)
        for name in table["disorder"].unique():
            if name != CONTROL:
                change = effect(table, table["disorder"] == CONTROL, table["disorder"] == name)
                rows.append({"row": name, "column": column.name, "model": experiment.model,
                             **change})  # fmt: skip
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
        return SHORT[row["why"].split(" ", 1)[0]]
    if "value_low" in row:
        text = f"{row['value']:.3g} ({row['value_low']:.3g} to {row['value_high']:.3g})"
    else:
        ends = f"{row['percent_low']:+.0f} to {row['percent_high']:+.0f}"
        text = f"{row['percent']:+.0f} ({ends})"
    return f"**{text}**" if row["excludes_zero"] else text


if __name__ == "__main__":
    main()
