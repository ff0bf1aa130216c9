"""Draw docs/images/fast_weight.png: what plasticity does to volume, bound and weight.

Left the protocol `fast_weight` with a weight of its own below a bound, right the same pairs of
spikes on a spine whose weight follows from its volume.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from neurospine import load_model, load_protocol, simulate

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "fast_weight.png"
TITLES = {"bounded_spine": "Weight below a bound", "pair_stdp": "Weight in proportion to volume"}
COLOURS = {10.0: "#0072b2", -10.0: "#d55e00"}


def main() -> None:
    protocol = load_protocol("fast_weight")
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
    for axes, (spine, title) in zip(panels, TITLES.items(), strict=True):
        model = load_model("independent_pairs", spine=spine).with_set("bi_poo_all_to_all")
        spines = simulate(model, protocol).spines["pair"]
        minutes = spines["time"].values / 60
        for slot, interval in enumerate(spines["interval"].values):
            pairs = f"pairs at {interval:+.0f} ms"
            weight, colour = spines["weight"].values[:, slot], COLOURS[float(interval)]
            axes.plot(minutes, weight, color=colour, label=f"weight, {pairs}")
            if "bound" in spines:
                bound = spines["bound"].values[:, slot]
                axes.plot(minutes, bound, "--", color=colour, label=f"bound, {pairs}")
        for start, stop in protocol.phase_times().values():
            if stop - start < 120:
                axes.axvspan(start / 60, stop / 60, color="0.9", lw=0)
        axes.set(title=title, xlabel="time (min); grey: pairs of spikes", xlim=(0, minutes[-1]))
        axes.set_yticks(np.arange(0, 2.1, 0.5))
        axes.legend(frameon=False, fontsize="small", loc="upper left")
    panels[0].set_ylabel("weight, bound")
    panels[0].set_ylim(0, 2.4)
    figure.savefig(PICTURE, dpi=120)


if __name__ == "__main__":
    main()
