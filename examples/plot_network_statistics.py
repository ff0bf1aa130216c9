"""
Results in pandas and xarray
============================

A plastic recurrent network with two seeds: rates and intervals from the tables of spikes, weights
from the datasets of spines, and the same from a file.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import xarray

from neurospine import Protocol, load_model, simulate

protocol = Protocol(
    name="two_seconds",
    model={"circuit": "recurrent_network"},
    phases=[{"name": "activity", "duration": "2 s"}],
)
model = load_model("recurrent_network").with_parameters(n_neurons=400, in_degree=40)

rows = []
for seed in (1, 2):
    trajectory = simulate(model, protocol, seed=seed)
    spikes = trajectory.spikes["neurons"]
    weight = trajectory.spines["recurrent"]["weight"]
    cells = trajectory.info.populations["neurons"]
    intervals = spikes.groupby("cell")["time"].diff().dropna()
    rows.append(
        {
            "seed": seed,
            "rate_Hz": len(spikes) / cells / 2.0,
            "interval_cv": float(intervals.std() / intervals.mean()),
            "mean_weight": float(weight.isel(time=-1).mean()),
            "sd_weight": float(weight.isel(time=-1).std()),
        }
    )
print(pd.DataFrame(rows).round(4).to_string(index=False))

# %%
# A result file opens in xarray without neurospine. Spines are a dataset with time and slot; what
# belongs to a slot (its two cells, its condition) are coordinates.

path = trajectory.to_hdf5(Path(tempfile.mkdtemp()) / "network.h5")
spines = xarray.open_dataset(path, group="spines/recurrent", engine="h5netcdf")
print(spines)

# %%
# So the usual methods apply. Weights after two seconds, and their means onto cells:

weight = spines["weight"].isel(time=-1)
onto = weight.groupby("post").mean()
figure, axes = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
axes.hist(weight, bins=60, density=True, alpha=0.6, label="of a spine")
axes.hist(onto, bins=30, density=True, alpha=0.6, label="mean onto a cell")
axes.set(xlabel="weight", ylabel="density")
axes.legend()
plt.show()
spines.close()
