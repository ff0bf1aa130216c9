"""
A protocol in plain Python
==========================

Pairing at a theta rhythm, with the triplet rule as it is and with a slower trace. Anything too
clever for a TOML file (loops, arithmetic) is an ordinary script.
"""

import matplotlib.pyplot as plt

from neurospine import Protocol, load_model, measure, simulate

pairs = {
    "kind": "pairing",
    "presynaptic": "presynaptic",
    "postsynaptic": "postsynaptic",
    "interval": "interval",
    "rate": "rate",
    "count": 50,
}
protocol = Protocol(
    name="theta_pairing",
    summary="Fifty pairs at rates around theta, then a rest.",
    model={"circuit": "independent_pairs", "spine": "triplet_stdp"},
    step="1 ms",
    conditions={
        "interval": {"values": [-10, 10], "unit": "ms", "meaning": "Post minus pre"},
        "rate": {"values": [4, 5, 8, 10], "unit": "Hz", "meaning": "Pairs a second"},
    },
    phases=[
        {"name": "pairing", "duration": "13 s", "stimuli": [pairs]},
        {"name": "rest", "duration": "5 s"},
    ],
    measures={
        "change": {
            "kind": "relative_change",
            "phase": "pairing",
            "meaning": "Change of weight after 50 pairs",
        }
    },
)

# %%
# Both models run the same protocol; the second is the first with another number, so nothing is
# compiled anew.

model = load_model("independent_pairs").with_set("visual_all_to_all_full")
control = measure(simulate(model, protocol), protocol)["change"]
slower = model.with_parameters(tau_y="200 ms")
changed = measure(simulate(slower, protocol), protocol)["change"]

print(control.assign(slower_trace=changed["value"]).to_string(index=False))

# %%
# Every combination of the two conditions was run.

figure, axes = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
for interval, table in control.groupby("interval"):
    axes.plot(table["rate"], table["value"], "o-", label=f"{interval:+g} ms")
axes.set(xlabel="pairs a second", ylabel="change of weight after 50 pairs")
axes.legend(title="post minus pre")
plt.show()
