"""Draw docs/images/spiking_digits.png from what `neurospine learn spiking_digits` wrote.

    python tools/draw_spiking_digits.py spiking_digits.h5 off.h5

The second file is of the same with plasticity off (`--set dendritic_target.rate=0`); as weights
stay what they are, a few samples are enough.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from neurospine.learning.experiments.outcome import load_learning

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "spiking_digits.png"
NAME = "spiking_digits"


def main(path: str, off: str) -> None:
    found = load_learning(path).networks[NAME]
    curve, end = 100 * found.curves["validation_accuracy"], 100 * found.final
    still = float(100 * load_learning(off).networks[NAME].curves["validation_accuracy"].mean())
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    axes.plot(curve["samples"], curve, color="0.75", lw=1)
    axes.plot(curve["samples"], curve.mean("seed"), color="#0072b2", lw=2.5)
    last = int(curve["samples"][-1])
    axes.plot([last] * end.sizes["seed"], end["test_accuracy"], "o", color="#d55e00", mfc="none")
    axes.axhline(still, color="0.4", ls="--", lw=1)
    axes.text(last, still + 1.5, "plasticity off", ha="right", color="0.3")
    axes.text(last * 0.55, 62, "validation: mean of five seeds", color="#0072b2")
    axes.text(last * 0.55, 54, "validation: one seed", color="0.5")
    axes.text(last * 0.55, 46, "test at the end", color="#d55e00")
    axes.set(xlabel="samples seen", ylabel="told right by spike counts (%)", ylim=(0, 100))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=120)


if __name__ == "__main__":
    main(*sys.argv[1:3])
