"""Every kind of picture is drawn of synthetic spines, with units on its axes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import measure, picture, write_picture
from neurospine.errors import ProtocolError, ResultError

SLOTS, DAYS = 200, 12
GENOTYPES = {"genotype": ["wild_type", "knock_out"]}
SURVIVAL = {"kind": "survival", "every": "1 day"}
STAGES = {"kind": "occupancy", "every": "3 day"}


@pytest.fixture(scope="module")
def run(synthetic: Any) -> Any:
    lives = synthetic.lives(SLOTS, DAYS, lambda g, n: g.exponential(8, n), 4.0, 1, start=-40)
    number = synthetic.presence(lives, SLOTS, np.arange(DAYS + 1))
    size = np.random.default_rng(2).lognormal(-3, 0.7, number.shape)
    stage = np.where(number < 0, 0, np.where(size < 0.05, 1, 2))
    return synthetic.trajectory(
        np.where(number < 0, 0.0, size), lives, stage=stage, stages="absent thin mushroom",
        condition=np.arange(SLOTS) % 2, repeat=np.arange(SLOTS) // 2 % 3, conditions=GENOTYPES,
    )  # fmt: skip


@pytest.fixture
def draw(synthetic: Any, run: Any) -> Any:
    def drawn(plot: dict[str, Any], **tables: Any) -> Any:
        found = {"found": {"meaning": "What is found", "phase": "days", **tables}} if tables else {}
        protocol = synthetic.protocol(
            DAYS, GENOTYPES, measures=found, plot={"title": "A title", **plot}
        )
        return picture(run, protocol, measure(run, protocol))

    return drawn


@pytest.mark.parametrize(
    ("plot", "tables", "labels", "legend"),
    [
        ({"kind": "survival", "measure": "found", "series": "genotype"}, SURVIVAL,
         ("Lag (days)", "What is found"), ["simulated, wild type", "simulated, knock out"]),
        ({"kind": "series", "measure": "found", "series": "genotype"},
         {"kind": "density", "every": "24 hour"},
         ("Time (hours)", "What is found"), ["simulated, wild type", "simulated, knock out"]),
        ({"kind": "stack", "measure": "found"}, STAGES,
         ("Time (days)", "What is found"), ["mushroom", "thin", "absent"]),
        ({"kind": "stack", "measure": "found", "x": "genotype"},
         {"kind": "occupancy", "of": "spines"},
         ("Genotype", "What is found"), ["mushroom", "thin"]),
        ({"kind": "bars", "measure": "found", "x": "genotype"}, {"kind": "density"},
         ("Genotype", "What is found"), []),
        ({"kind": "histogram", "phase": "days"}, {},
         ("Head volume (µm³)", "Share of spines in a bin"), ["start", "end", "log-normal law"]),
        ({"kind": "histogram", "phase": "days", "series": "genotype"}, {},
         ("Head volume (µm³)", "Share of spines in a bin"), ["wild type", "knock out"]),
        ({"kind": "trajectories", "phase": "days"}, {},
         ("Time (days)", "Head volume (µm³)"), ["born", "lost"]),
        ({"kind": "scatter", "measure": "found"},
         {"kind": "fluctuation", "give": "curve", "bins": 4},
         ("Head volume (µm³)", "What is found (µm³)"), None),
        ({"kind": "scatter", "phase": "days", "lag": "4 day"}, {},
         ("Head volume (µm³)", "Head volume 4 days later (µm³)"), ["no change"]),
        ({"kind": "shapes", "phase": "days", "y": "volume"}, {},
         ("Head volume (µm³)", "Head volume (µm³)"),
         ["139 spines", "exponent 1.00, correlation of logarithms 1.00"]),
    ],
)  # fmt: skip
def test_a_picture_names_its_axes_with_units_and_its_lines(
    draw: Any, plot: Any, tables: Any, labels: tuple[str, str], legend: list[str] | None
) -> None:
    figure = draw(plot, **tables)
    (axes,) = figure.axes
    figure.canvas.draw()
    assert (axes.get_xlabel(), axes.get_ylabel()) == labels
    assert axes.get_title(loc="left") == "A title"
    shown = axes.get_legend()
    texts = [text.get_text() for text in shown.get_texts()] if shown else []
    if legend is None:
        assert texts[0].startswith("exponent")
    else:
        assert sorted(texts) == sorted(legend)
    ticks = [t.get_text() for t in axes.get_xticklabels()]
    boxes = [t.get_window_extent() for t in axes.get_xticklabels() if t.get_text()]
    assert ticks
    visible = [b for b in boxes if axes.bbox.x0 - 1 <= (b.x0 + b.x1) / 2 <= axes.bbox.x1 + 1]
    ordered = sorted(visible, key=lambda b: b.x0)
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(ordered))


def test_bars_have_error_bars(draw: Any) -> None:
    (axes,) = draw({"kind": "bars", "measure": "found", "x": "genotype"}, kind="density").axes
    (errors,) = (c for c in axes.containers if hasattr(c, "has_yerr"))
    ends = np.array([segment for segment in errors.lines[2][0].get_segments()])
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert np.all((ends[:, 0, 1] < heights) & (heights < ends[:, 1, 1]))
    assert axes.figure.get_supxlabel() == "error bars: 95 % confidence interval"


def test_a_survival_curve_has_its_published_points(
    synthetic: Any, draw: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "imaging.csv").write_text(
        "interval [hour],genotype,kept,error\n96,wild_type,0.6,0.1\n192,knock_out,0.3,0.1\n"
    )
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    plot = {"kind": "survival", "measure": "found", "series": "genotype", "points": "imaging",
            "points_x": "interval", "points_column": "kept", "points_error": "error"}  # fmt: skip
    figure = draw(plot, **SURVIVAL)
    drawn = [c for c in figure.axes[0].containers if "published" in c.get_label()]
    assert [c.lines[0].get_xydata().tolist() for c in drawn] == [[[4, 0.6]], [[8, 0.3]]]
    write_picture(figure, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_a_curve_has_published_points_of_some_rows_and_lines(
    draw: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rates.csv").write_text(
        "what,interval [hour],value,error\nrate,96,0.6,0.1\nother,96,0.2,0.1\nrate,48,0.5,0.1\n"
    )
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    rows = {"what": "rate"}
    plot = {"kind": "curve", "measure": "found", "x": "lag", "points": "rates", "points_rows": rows,
            "points_x": "interval", "points_column": "value", "points_error": "error",
            "only": {"genotype": "wild_type"}}  # fmt: skip
    other = {"data": "rates", "column": "value", "rows": {"what": "other"}, "x": "interval",
             "label": "other cells"}  # fmt: skip
    lines = ({"label": "a level", "level": 0.5}, {"label": "a slope", "from": [1, 0], "to": [9, 1]})
    (axes,) = draw({**plot, "published": (other,), "lines": lines}, **SURVIVAL).axes
    drawn = {c.get_label(): c.lines[0].get_xydata().tolist() for c in axes.containers}
    assert drawn == {"published": [[4, 0.6], [2, 0.5]], "other cells": [[4, 0.2]]}
    named = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert named["a slope"] == [[1, 0], [9, 1]]
    assert [text.get_text() for text in axes.texts] == ["a level"]
    said = axes.figure.get_supxlabel()
    assert said == "band: 95 % confidence interval"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"points_rows": {"what": "nothing"}}, "points_rows: rates has no row with these values"),
        ({"points_rows": {"whta": "rate"}}, "points_rows in rates.*'what'"),
        ({"published": ({**other, "column": "vale"},)}, "plot.published.*column in rates.*'value'"),
        ({"lines": ({"label": "a", "level": 1.0, "from": [0, 0]},)}, "either 'level' or both"),
        ({"lines": ({"label": "a"},)}, "either 'level' or both"),
    ]
    for keys, message in wrong:
        with pytest.raises(ProtocolError, match=message):
            draw({**plot, **keys}, **SURVIVAL)


def test_published_sizes_are_drawn_as_spines_or_as_mean_and_spread(
    draw: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sizes.csv").write_text("volume [um**3],log_mean,log_sd\n0.2,-1.3,1\n")
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    plot = {"kind": "histogram", "phase": "days", "points": "sizes"}
    (axes,) = draw(plot).axes
    assert "published" in axes.get_legend_handles_labels()[1]
    (axes,) = draw({**plot, "points_column": "log_mean", "points_spread": "log_sd"}).axes
    (mark,) = (c for c in axes.containers if c.get_label() == "published, mean and SD of ln V")
    assert mark.lines[0].get_xdata() == pytest.approx([np.exp(-1.3)])
    axes.figure.canvas.draw()
    height = axes.transData.transform((1, mark.lines[0].get_ydata()[0]))[1]
    assert not axes.get_legend().get_window_extent().y0 <= height


def test_without_spines_there_is_no_histogram(synthetic: Any) -> None:
    empty = synthetic.trajectory([[0.0], [0.0]])
    plot = {"kind": "histogram", "title": "t", "phase": "days"}
    with pytest.raises(ResultError, match="no spine to draw"):
        picture(empty, synthetic.protocol(1, plot=plot), {})
