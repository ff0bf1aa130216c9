"""
Spines on the dendrites of a cell
=================================

A CA1 pyramidal cell fires for a minute while its spines learn; then they live on for a week. Each
spine sits at a position on a dendrite, and its current passes a neck.
"""

import matplotlib.pyplot as plt

from neurospine import load_protocol, measure, picture, simulate

protocol = load_protocol("spines_on_dendrites")
trajectory = simulate(None, protocol)

# %%
# The picture that the protocol asks for: every spine at its place, coloured by volume.

figure = picture(trajectory, protocol, measure(trajectory, protocol))

# %%
# Compartment, position and neck are columns of the table of slots.

slots = trajectory.slots["spines"]
print(slots.groupby("compartment").size().rename("sites").to_string())
for name, unit in slots.attrs["units"].items():
    print(f"{name} [{unit}]")

# %%
# Variables of the cell were recorded every millisecond. A second of potentials, at the soma and out
# on the dendrites:

traces = trajectory.traces["cell"].isel(cell=0)
second = traces.sel(time=slice(10.0, 11.0))
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for name in ("v_distal", "v_oblique", "v_soma"):
    axes.plot(second["time"], second[name] * 1e3, label=name, linewidth=0.9)
axes.set(xlabel="time (s)", ylabel="potential (mV)")
axes.legend()
plt.show()
