"""
When does weak-to-strong training lose?
=======================================

From dimensions alone: PGR and OPR over the overlap of two feature spaces and over the number of
pseudo-labels. White is no gain and no loss; orange is a loss.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

from w2slens import Problem, predict

d_w, d_s, n = 40, 30, 120
overlaps = np.arange(0, d_s, 2)
pools = np.unique(np.geomspace(40, 5000, 40).astype(int))
risks = []
for d_sw in overlaps:
    pair = Problem.gaussian(d_w, d_s, float(d_sw), noise=1.0, rho_w=0.02, rho_s=0.01)
    risks.append(predict(pair, n=n, N=pools))
maps = {
    "PGR: share of the gap that is recovered": (np.array([r.pgr[0] for r in risks]), 0.0),
    "OPR: strong model on the labels ÷ student": (np.array([r.opr[0] for r in risks]), 1.0),
}

# %%
# The teacher has 40 dimensions, the student 30, and there are 120 labels. On the left the student
# loses to its teacher for want of pseudo-labels only. On the right it loses to the strong model
# trained on the labels where most of the teacher's dimensions are shared, however large the pool:
# then the student copies nearly all of its teacher's noise.

gain = LinearSegmentedColormap.from_list("gain", ["#D55E00", "#FFFFFF", "#5E3C99"])
figure, axes = plt.subplots(1, 2, figsize=(12, 4.4), sharey=True, layout="constrained")
for ax, (title, (values, line)) in zip(axes, maps.items(), strict=True):
    norm = TwoSlopeNorm(line, line - 1, max(np.nanmax(values), line + 0.5))
    mesh = ax.pcolormesh(pools, overlaps, values, cmap=gain, norm=norm, shading="nearest")
    ax.contour(pools, overlaps, values, levels=[line], colors="#333333", linewidths=1.5)
    ax.set(xscale="log", xlabel="pseudo-labels N", title=title)
    ax.set_xticks([50, 100, 500, 1000, 5000], ["50", "100", "500", "1,000", "5,000"])
    ax.minorticks_off()
    figure.colorbar(mesh, ax=ax, extend="min")
axes[0].set_ylabel("shared dimensions d_sw")
plt.show()

# %%
# At 5,000 pseudo-labels:

for d_sw, one in list(zip(overlaps, risks, strict=True))[::5]:
    print(f"d_sw = {d_sw:2d}: PGR {one.pgr[0, -1]:.2f}, OPR {one.opr[0, -1]:.2f}")
