"""
How late dopamine may come
==========================

Pairs of spikes leave eligibility at a spine of a D1 cell; a burst of dopamine turns it into
enlargement if it comes in time. The protocol follows Yagishita et al. (2014).
"""

import matplotlib.pyplot as plt

from neurospine import load_protocol, measure, picture, simulate

protocol = load_protocol("dopamine_delay")
trajectory = simulate(None, protocol)
measures = measure(trajectory, protocol)
figure = picture(trajectory, protocol, measures)

# %%
# All delays were run at once, as copies of the same small circuit in one network. ``delay`` is a
# condition of the protocol and so a column of the table.

print(measures["enlargement"].round(4).to_string(index=False))

# %%
# Numbers of the model are changed without a new program. Here eligibility lasts a fifth as long.

model = protocol.default_model().with_parameters(tau_lasting="0.5 s")
shorter = measure(simulate(model, protocol), protocol)["enlargement"]

figure, axes = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
for table, label in ((measures["enlargement"], "as fitted"), (shorter, "eligibility of 0.5 s")):
    axes.plot(table["delay"], table["value"], "o-", label=label)
axes.set(xlabel="dopamine after pairings (s)", ylabel="enlargement")
axes.legend()
plt.show()
