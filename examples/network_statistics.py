"""Run a plastic network with two seeds and look at rates and weights with pandas and xarray."""

import pandas as pd

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
