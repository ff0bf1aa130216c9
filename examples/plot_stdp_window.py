"""
The spike-timing window, and its scorecard
==========================================

The first protocol of the library: sixty pairs of spikes at 24 intervals, as Bi and Poo (1998) did
it in cultured hippocampal neurons. What comes out is measured and compared with what was published.
"""

from neurospine import compare, load_protocol, measure, picture, simulate

protocol = load_protocol("stdp_window")
trajectory = simulate(None, protocol, seed=1)
print(trajectory)

# %%
# ``None`` stands for the model that the protocol names. The result holds every spine over time;
# what the protocol measures are tables.

measures = measure(trajectory, protocol)
print(measures["change"].head(4).round(3).to_string(index=False))

# %%
# The picture is drawn as the protocol says: the simulated window and the published points.

figure = picture(trajectory, protocol, measures)

# %%
# A score is one published value. The status says whether the parameters had been fitted to the same
# data (*calibrated*), which they had here, so that agreement is no surprise.

for score in compare(trajectory, protocol, measures):
    where = f" {score.condition}" if score.condition else ""
    print(f"{score.phenomenon}{where}: {score.measured:.3g}, {score.verdict} ({score.status})")
