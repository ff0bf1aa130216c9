"""One page about one run or several: everything gathered, and put into HTML that stands alone."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from neurospine.analysis.citations import bibtex, citations
from neurospine.analysis.plots import RESOLUTION, picture
from neurospine.analysis.scorecard import summary
from neurospine.description.references import PLAIN_SOURCES
from neurospine.errors import ResultError
from neurospine.report_page.figures import FigureText, figures
from neurospine.report_page.figures_data import script_json
from neurospine.report_page.parameters import ParameterRow, parameter_rows
from neurospine.report_page.reported import ReportedRun, open_run
from neurospine.report_page.scores import ScoreLine, differences, score_line, side_by_side
from neurospine.report_page.summary import MeasureText, facts, measures, phases
from neurospine.results.files import written_aside

ASSETS = Path(__file__).parent / "assets"
STYLES = ("figures.css", "page.css")
SCRIPTS = (
    "dom.js", "axes.js", "plot.js", "frame.js", "trajectories.js", "sizes.js", "survival.js",
    "stages.js", "spikes.js", "traces.js", "page.js",
)  # fmt: skip


@dataclass(frozen=True)
class RunText:
    """All that a page says of one run."""

    name: str
    title: str
    complete: bool
    facts: dict[str, str]
    phases: list[tuple[str, str, str]]
    scores: list[ScoreLine]
    verdicts: str
    picture: str
    picture_words: str
    measures: list[MeasureText]
    figures: list[FigureText]
    parameters: list[ParameterRow]
    data: Markup


def write_report(
    files: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    force: bool = False,
) -> Path:
    """Write one HTML page about results: what was run, scores, figures, parameters, sources.

    The page needs no network and no other file.

    Parameters
    ----------
    files
        Result files that `run` wrote, one or several.
    output
        The page, by default the first file's name with ``.html``.
    force
        Replace a page that is there.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ResultError
        If a file is no complete result file, or the page exists or cannot be written.
    """
    paths = [Path(files)] if isinstance(files, (str, Path)) else [Path(file) for file in files]
    if not paths:
        raise ResultError("name a result file to report on")
    target = paths[0].with_suffix(".html") if output is None else Path(output)
    check_page(target, force=force)
    page = render([open_run(path) for path in paths])
    with written_aside(target) as aside:
        aside.write_text(page, encoding="utf-8")
    return target


def check_page(path: Path, *, force: bool) -> None:
    """Raise a `ResultError` if a page could not be written to `path`."""
    if path.is_dir():
        raise ResultError(f"{path}: is a folder, a file is wanted")
    if path.suffix not in (".html", ".htm"):
        raise ResultError(f"{path}: must be the name of a page, such as {path.stem or 'run'}.html")
    if path.exists() and not force:
        raise ResultError(f"{path}: exists already; choose another name or use force (--force)")
    if not path.parent.is_dir():
        raise ResultError(f"{path}: there is no folder {path.parent}")


def render(runs: Sequence[ReportedRun]) -> str:
    """Return the page about some runs."""
    texts = _texts()
    names = _names(runs)
    references = citations(run.path for run in runs)
    several = len(runs) > 1
    return texts.get_template("page.html").render(
        runs=[_text(run, name) for run, name in zip(runs, names, strict=True)],
        title=f"{len(runs)} runs: {', '.join(names)}" if several else _title(runs[0]),
        version=version("neurospine"),
        compared=side_by_side(runs) if several else [],
        differences=differences(runs) if several else [],
        references=references,
        keys={reference.key for reference in references},
        plain=PLAIN_SOURCES,
        bibtex="\n\n".join(map(bibtex, references)),
        style=_joined(STYLES),
        script=Markup('(() => {\n"use strict";\n') + _joined(SCRIPTS) + Markup("})();"),
    )


def _names(runs: Sequence[ReportedRun]) -> list[str]:
    """Return what each run is called: by its file, with the folder where that is needed."""
    stems = [run.path.stem for run in runs]
    return [
        run.path.stem if stems.count(run.path.stem) == 1 else str(run.path.with_suffix(""))
        for run in runs
    ]


def _title(run: ReportedRun) -> str:
    return run.protocol.summary or run.protocol.name


def _text(run: ReportedRun, name: str) -> RunText:
    shown, data = figures(run)
    return RunText(
        name=name,
        title=_title(run),
        complete=run.trajectory.complete,
        facts=facts(run),
        phases=phases(run),
        scores=[score_line(score) for score in run.scores],
        verdicts=summary(run.scores) if run.scores else "",
        picture=_picture(run),
        picture_words=_picture_words(run),
        measures=measures(run),
        figures=shown,
        parameters=parameter_rows(run),
        data=script_json(data),
    )


def _picture(run: ReportedRun) -> str:
    """Return the picture that the protocol draws as the address of an image; none if cut off."""
    if not run.trajectory.complete or run.protocol.plot is None:
        return ""
    drawn = io.BytesIO()
    picture(run.trajectory, run.protocol, run.measures).savefig(
        drawn, format="png", dpi=RESOLUTION, metadata={"Software": "neurospine"}
    )
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"


def _picture_words(run: ReportedRun) -> str:
    plot = run.protocol.plot
    return "" if plot is None else plot.title


def _joined(names: Sequence[str]) -> Markup:
    """Return the text of files of ours as it stands inside one element."""
    return Markup("\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names))


def _hash(text: str) -> str:
    """Return what a policy calls a script or style by that is allowed."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _texts() -> jinja2.Environment:
    texts: Any = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts.filters.update(
        hash=_hash,
        breakable=lambda name: Markup(re.sub(r"([._])", r"\1<wbr>", escape(name))),
        quoted=lambda text: quote(text, safe="/"),
    )
    return texts  # type: ignore[no-any-return]
