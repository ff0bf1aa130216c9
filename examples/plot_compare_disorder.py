"""
What a disorder changes
=======================

Fragile X raises the slope of the fluctuation of spines by a tenth. Two runs with the same seed
share their random numbers, so what differs is the disorder.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from neurospine import compare_runs, load_disorder, load_protocol, simulate

disorder = load_disorder("fragile_x")
print(disorder.summary)
for change in disorder.changes:
    print(f"{change.role}: x{change.factor}, {change.basis} ({change.source})")

# %%
# Results are written to files, and the files compared. A file is complete in itself.

protocol = load_protocol("v1_imaging")
control = protocol.default_model()
affected = control.with_disorder(disorder)
print(affected.differences(control))

folder = Path(tempfile.mkdtemp())
for seed in (0, 1):
    simulate(control, protocol, seed=seed, output=folder / f"control{seed}.h5")
    simulate(affected, protocol, seed=seed, output=folder / f"fragile_x{seed}.h5")

# %%
# Repeats of all runs are the sample: five repeats of two seeds make ten pairs. Intervals are those
# of 95 % over pairs.

table = compare_runs(sorted(folder.glob("*.h5"))).table
single = table[table["measure"].isin(["turnover", "mean_volume", "month", "exponent"])]
shown = single[["measure", "percent", "percent_low", "percent_high"]]
print(shown.round(1).to_string(index=False))

# %%
# The same as a picture.

figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
places = range(len(single))
below = single["percent"] - single["percent_low"]
above = single["percent_high"] - single["percent"]
axes.errorbar(single["percent"], places, xerr=[below, above], fmt="o", capsize=3)
axes.axvline(0, color="grey", linewidth=0.8)
axes.set_yticks(places, single["measure"])
axes.set_xlabel("change under fragile X (% of control)")
plt.show()
