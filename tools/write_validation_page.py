"""Write ``docs/validation.md`` from ``docs/validation.csv``, the scorecard of the library.

Take the scorecard and some pictures of a validation, then write the page:

    neurospine validate --quick -o scores
    python tools/write_validation_page.py scores

Several folders are taken as one; without a folder only the page is written.
"""

import argparse
import io
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

import h5py
import pandas as pd
from PIL import Image

from neurospine.analysis.library_scores import SCORECARD
from neurospine.analysis.scorecard import VERDICTS, numbers
from neurospine.analysis.validation import Score
from neurospine.description.library import list_files
from neurospine.description.protocol import load_protocol
from neurospine.description.references import references

DOCS = Path(__file__).parents[1] / "docs"
TABLE, PAGE, PICTURES = DOCS / "validation.csv", DOCS / "validation.md", DOCS / "images/validation"
#: Folders of protocols, in the order of the page.
PARTS = {
    "plasticity": "Spike-timing and calcium",
    "structural": "Structural plasticity of single spines",
    "intrinsic": "Fluctuation, birth and loss without stimulation",
    "reward": "Dopamine and reward",
    "neurons": "Cells",
    "dendrites": "Dendrites",
    "disorders": "Disorders",
    "learning": "Memory",
}
#: Protocols whose picture is shown.
SHOWN = (
    "pairing_frequency", "calcium_slices", "stimulated_together", "gaba_gating", "v1_imaging",
    "s1_persistence", "dopamine_delay", "conditioning", "layer5_pyramidal_properties",
    "nmda_plateau", "schizophrenia", "plaque_distance", "memory_retention",
)  # fmt: skip
_STATUSES = ("calibrated", "predicted", "held out", "prediction")

INTRODUCTION = """\
# Validation

This page lists every protocol of the library that has published values, with the result of a run as
it is shipped and with what was published. `tools/write_validation_page.py` writes it from
[validation.csv](validation.csv). Misses are results and are listed like the others. To run it
yourself:

<!-- not run: it takes many minutes -->
```sh
neurospine validate --quick -o scores
```

A value is *met* within one standard error of measurement and publication together, *near* within
two, and otherwise a *miss*. A bound is met or missed. *Calibrated*: parameters of the model were
fitted to the same data, so agreement says little. *Predicted*: they were not. *Held out*: they must
never be. *Prediction*: a bound of our own for what nobody has published. *Shown*: listed with a
published value, without a verdict.
"""


def take(folders: Sequence[Path], day: str) -> None:
    """Keep the scorecards of validations as one table, and the pictures that are shown."""
    tables = [pd.read_csv(folder / SCORECARD, keep_default_na=False) for folder in folders]
    versions = set()
    for path in (path for folder in folders for path in folder.glob("*.h5")):
        with h5py.File(path) as file:
            told = ("neurospine", "brian2", "backend", "seed")
            versions.add(", ".join(f"{name} {file.attrs[name]}" for name in told))
    (version,) = versions
    text = io.StringIO()
    pd.concat(tables).to_csv(text, index=False)
    TABLE.write_text(f"# {day}: {version}\n{text.getvalue()}")
    PICTURES.mkdir(exist_ok=True)
    for name in SHOWN:
        (path,) = (p for folder in folders for p in folder.glob(f"{name}.png"))
        picture = Image.open(path).convert("RGB").quantize(64)
        picture.save(PICTURES / f"{name}.png", optimize=True)


def scores() -> dict[str, list[Score]]:
    """Return the scores of each protocol, as the table has them."""
    table = pd.read_csv(TABLE, skiprows=1, keep_default_na=False)
    numeric = ["measured", "measured_error", "published", "published_error", "z"]
    table[numeric] = table[numeric].apply(pd.to_numeric)
    found: dict[str, list[Score]] = {}
    for row in table.to_dict("records"):
        name = str(row.pop("protocol"))
        optional = ("published", "published_error", "z")
        row |= {key: None if pd.isna(row[key]) else row[key] for key in optional}
        found.setdefault(name, []).append(Score(**row))
    return found


def page() -> str:
    """Return the page."""
    return "\n".join(_lines(scores()))


def _lines(scores: dict[str, list[Score]]) -> Iterator[str]:
    all_scores = [score for found in scores.values() for score in found]
    protocols = {path.stem: path for path in list_files("protocols").values()}
    yield INTRODUCTION
    yield f"Run on {TABLE.read_text().splitlines()[0].removeprefix('# ')}.\n"
    absent = [
        name
        for name, path in protocols.items()
        if name not in scores and load_protocol(path).targets
    ]
    if absent:
        yield f"Not run: {', '.join(f'`{name}`' for name in absent)}.\n"
    yield "## Counts\n"
    yield from _counts(all_scores)
    yield "\n## What is missed\n"
    misses = {
        name: [score for score in found if score.verdict == "miss"]
        for name, found in scores.items()
    }
    yield from _table([score for found in misses.values() for score in found])
    for folder, title in PARTS.items():
        inside = {n: s for n, s in scores.items() if protocols[n].parent.name == folder}
        if inside:
            yield f"\n## {title}\n"
        for name, found in inside.items():
            yield f"### {name}\n\n{load_protocol(name).summary}\n"
            if name in SHOWN:
                yield f"![{load_protocol(name).summary}](images/validation/{name}.png)\n"
            yield from _table(found)
            yield ""


def _counts(scores: Sequence[Score]) -> Iterator[str]:
    yield f"| status | {' | '.join(VERDICTS)} | of |\n| --- | --- | --- | --- | --- |"
    published = [score for score in scores if score.status != "prediction"]
    groups = {status: [s for s in scores if s.status == status] for status in _STATUSES}
    for label, group in {**groups, "all but predictions": published}.items():
        counts = [sum(score.verdict == verdict for score in group) for verdict in VERDICTS]
        yield f"| {label} | {' | '.join(map(str, counts))} | {sum(counts)} |"


def _table(scores: Sequence[Score]) -> Iterator[str]:
    yield "| phenomenon, condition | measured | published | z | verdict | status | source |"
    yield "| --- | ---: | ---: | ---: | --- | --- | --- |"
    for phenomenon, group in groupby(scores, key=lambda score: score.phenomenon):
        for score in group:
            *values, verdict = numbers(score)
            what = f"{phenomenon}: {score.condition}" if score.condition else phenomenon
            said = f"**{verdict}**" if score.verdict == "miss" else str(verdict)
            cells = [what, *values, said, score.status, _source(score.source)]
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _source(key: str) -> str:
    """Return a link to the publication, if it is one."""
    reference = references().get(key)
    return f"[{key}](<https://doi.org/{reference.doi}>)" if reference else key


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="what neurospine validate wrote")
    parser.add_argument("--date", default=date.today().isoformat())
    given = parser.parse_args()
    if given.folders:
        take(given.folders, given.date)
    PAGE.write_text(page())
