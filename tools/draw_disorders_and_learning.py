"""The picture of what disorders do to learning, drawn for disorders_and_learning.py."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

#: Columns that are drawn for disorders, with the title of their panel.
PANELS = {
    "memory: learnt": "Memory:\nlearnt in 10 days",
    "memory: new spines": "Memory:\nin new spines",
    "memory: kept 4 weeks": "Memory:\nkept 4 weeks",
    "assemblies: learnt": "Assemblies:\nlearnt",
    "assemblies: kept 4 weeks": "Assemblies:\nkept 4 weeks",
    "conditioning: second day": "Conditioning:\nsecond day",
    "conditioning: 4 days later": "Conditioning:\n4 days later",
    "discrimination": "Two cues:\ndiscrimination",
}
#: What is drawn along the slope of noise.
CURVES = {
    "memory: learnt": "Speed: d' learnt in 10 days",
    "memory: new spines": "Speed of rewiring: contrast\nin new spines in 10 days",
    "memory: kept 4 weeks": "Retention: share of the\ncontrast kept for 4 weeks",
    "memory: there after 4 weeks": "Both: d' after 4 weeks",
}
COLOURS = ("#d55e00", "#0072b2", "#009e73")
GREY, CHANGED = "0.6", "#0072b2"
#: Percent beyond which an interval is cut off.
WIDEST = 110.0


def draw(presets: pd.DataFrame, noise: pd.DataFrame, path: Path) -> None:
    """Draw disorders above and the slope of noise below."""
    names = list(dict.fromkeys(presets["row"]))
    figure = plt.figure(figsize=(13, 10.5), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1.5, 1])
    panels = above.subplots(1, len(PANELS), sharey=True)
    for axes, (column, title) in zip(panels, PANELS.items(), strict=True):
        _disorders(axes, presets[presets["column"] == column], names)
        axes.set_title(title, fontsize="medium")
    panels[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    above.suptitle(
        "Change by a disorder, % of control, with 95 % intervals (blue: without zero; "
        "n/a: the model lacks what the disorder changes)"
    )
    below.suptitle("Memory along the slope of intrinsic noise (young adult cortex; 1: healthy)")
    for axes, (column, title) in zip(below.subplots(1, len(CURVES)), CURVES.items(), strict=True):
        _curves(axes, noise[noise["column"] == column])
        axes.set_title(title, fontsize="medium")
    lines = below.axes[0].get_lines()[1:]
    below.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)


def _disorders(axes: Axes, table: pd.DataFrame, names: list[str]) -> None:
    axes.axvline(0, color="0.3", lw=0.8)
    axes.hlines(range(len(names)), -WIDEST, WIDEST, color="0.93", lw=0.8, zorder=0)
    known = table[table["percent"].notna()].set_index("row")
    for place, name in enumerate(names):
        if name not in known.index:
            axes.text(0, place, "n/a", color=GREY, fontsize=6, ha="center", va="center",
                      bbox={"color": "white", "pad": 1})  # fmt: skip
            continue
        row = known.loc[name]
        colour = CHANGED if row["excludes_zero"] else GREY
        ends = row[["percent_low", "percent_high"]].astype(float).clip(-WIDEST, WIDEST)
        axes.plot(ends, [place, place], color=colour, lw=2.2, solid_capstyle="butt")
        if abs(row["percent"]) <= WIDEST:
            axes.plot(row["percent"], place, "o", color=colour, ms=4.5)
    farthest = known[["percent_low", "percent_high"]].abs().to_numpy()
    reach = min(WIDEST, 1.1 * max(20.0, farthest.max() if farthest.size else 0.0))
    axes.set_xlim(-reach, reach)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _curves(axes: Axes, table: pd.DataFrame) -> None:
    axes.axvline(1, color="0.85", lw=6, zorder=0)
    for (series, part), colour in zip(table.groupby("series", sort=False), COLOURS, strict=True):
        factor, value = part["row"].astype(float), part["value"]
        axes.plot(factor, value, "o-", color=colour, ms=4, label=series)
        axes.fill_between(factor, part["value_low"], part["value_high"], color=colour, alpha=0.2)
    axes.set(xscale="log", xlabel="factor on the noise slope", ylim=(0, None))
    axes.set_xticks([0.25, 0.5, 1, 2, 4], ["¼", "½", "1", "2", "4"])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
