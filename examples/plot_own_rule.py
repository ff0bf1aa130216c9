"""
A plasticity rule of one's own
==============================

A window that is the same in both orders. The rule, the spine that uses it and the protocol stand in
this file; nothing is written to disk.
"""

import matplotlib.pyplot as plt

from neurospine import Model, Protocol, simulate

# %%
# The rule: a trace on each cell, and what a spike of either changes. ``[folded]`` only makes it
# faster and may be left out.

RULE = """
schema  = 1
kind    = "plasticity"
name    = "symmetric_pair"
summary = "A coincidence in either order enlarges a spine, a presynaptic spike shrinks it."
drive   = "additive"

[presynaptic]
equations = "dpre_trace/dt = -pre_trace/tau : 1"
on_spike  = "pre_trace += 1"

[postsynaptic]
equations = "dpost_trace/dt = -post_trace/tau : 1"
on_spike  = "post_trace += 1"

[synapse]
on_pre  = "drive = gain*post_trace - cost"
on_post = "drive = gain*pre_trace"

[folded]
trace         = "pre_trace"
time_constant = "tau"
gain          = "gain"

[parameters]
tau  = { value = 20.0,  unit = "ms", source = "assumed", meaning = "Width of the window" }
gain = { value = 0.01,  unit = "1",  source = "assumed", meaning = "Enlargement by a coincidence" }
cost = { value = 0.002, unit = "1",  source = "assumed", meaning = "Shrinkage by a spike" }
"""

# %%
# A spine that has it, and a circuit of one such spine.

SPINE = """
schema  = 1
kind    = "spine"
name    = "symmetric_spine"
summary = "A spine with a symmetric window."
use     = ["symmetric_pair", "head_volume", "volume_weight"]
"""

CIRCUIT = """
schema  = 1
kind    = "circuit"
name    = "one_pair"
summary = "One axon, one cell, one spine."

[populations.axon]
size = 1

[populations.cell]
size = 1

[projections.contact]
from         = "axon"
to           = "cell"
spine        = "symmetric_spine"
delay        = "axonal_delay"
connectivity = { rule = "one_to_one" }

[parameters]
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }
"""

# %%
# The protocol: thirty pairs a second apart, at nine intervals.

pairs = {
    "kind": "pairing",
    "presynaptic": "axon",
    "postsynaptic": "cell",
    "interval": "interval",
    "rate": "1 Hz",
    "count": 30,
}
protocol = Protocol(
    name="symmetric_window",
    model={"circuit": "one_pair"},
    step="1 ms",
    conditions={
        "interval": {
            "values": [-60, -40, -20, -10, 0, 10, 20, 40, 60],
            "unit": "ms",
            "meaning": "Post minus pre",
        }
    },
    phases=[{"name": "pairing", "duration": "31 s", "stimuli": [pairs]}],
)

# %%
# All texts are checked when the model is made; a wrong name or unit is an error here.

model = Model.from_text(CIRCUIT, parts={"symmetric_pair": RULE, "symmetric_spine": SPINE})
trajectory = simulate(model, protocol)
weight = trajectory.spines["contact"]["weight"]
change = weight.isel(time=-1) / weight.isel(time=0) - 1
for interval, value in zip(change["interval"].values, change.values, strict=True):
    print(f"{interval:+4.0f} ms  {value:+.3f}")

figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
axes.plot(change["interval"], change, "o-")
axes.axhline(0, color="grey", linewidth=0.8)
axes.set(xlabel="postsynaptic minus presynaptic spike (ms)", ylabel="change of weight")
plt.show()
