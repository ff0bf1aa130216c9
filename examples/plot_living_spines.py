"""
Spines that live by themselves
==============================

A month of daily imaging in adult visual cortex without any stimulation. Spines fluctuate, are born
and die; nothing is taught.
"""

import matplotlib.pyplot as plt
import numpy as np

from neurospine import load_protocol, measure, simulate

protocol = load_protocol("v1_imaging")
trajectory = simulate(None, protocol)
spines = trajectory.spines["spines"]
print(spines)

# %%
# A slot is a place where a spine may be. Its ``stage`` is 0 where there is none, and so are volume
# and weight. Contacts are what lived there, one after another.

contacts = trajectory.contacts["spines"]
born = contacts.dropna(subset="birth")
print(born.head(3).to_string(index=False))
print(f"{len(contacts)} contacts lived, {len(born)} of them were born while the run went on")

# %%
# Sizes at the end spread nearly as a log-normal distribution does, and single spines wander.
# The first thirty days let births and losses settle; then there is a snapshot every day.

day = 86400.0
month = spines["volume"].sel(time=slice(30 * day, None))
last = month.isel(time=-1).values
followed = month.isel(slot=slice(0, 60)).where(lambda volume: volume > 0)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
left.plot(month["time"] / day - 30, followed, color="C0", alpha=0.4, linewidth=0.8)
left.set(
    xlabel="time (days of imaging)",
    ylabel="head volume (um$^3$)",
    yscale="log",
    title="Sixty sites",
)
right.hist(np.log10(last[last > 0]), bins=40, color="C0")
right.set(xlabel="log10 of head volume", ylabel="spines", title="Sizes at the end")
plt.show()

# %%
# What the protocol measures of this: how many spines come and go, and how many stay.

measures = measure(trajectory, protocol)
for name in ("turnover", "three_weeks", "month", "spread"):
    row = measures[name].iloc[0]
    print(f"{protocol.measures[name].meaning}: {row['value']:.3f}")
