"""
How much overlap is chance?
===========================

Two unrelated feature maps seem to share directions where rows are few: the plug-in value of d_sw
is about d_s·d_w/rows, not 0. The debiased value is centred at the truth for any number of rows, and
its interval says how far to trust it.
"""

import matplotlib.pyplot as plt
import numpy as np

from w2slens import Planted, dimensions

d_w, d_s = 40, 30
rows = [100, 150, 250, 500, 1000, 2500]
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")

for ax, shared in zip(axes, (0, 10), strict=True):
    pair = Planted.with_correlations(d_w, d_s, [1.0] * shared, noise=1.0)
    found = []
    for N in rows:
        sample = pair.draw(N, np.random.default_rng([shared, N]))
        found.append(dimensions(sample.weak, sample.strong).correlation)
    debiased = np.array([one.debiased for one in found])
    ends = np.array([one.interval for one in found]).T
    ax.plot(rows, [one.plug_in for one in found], "o--", color="#D55E00", label="plug-in")
    ax.errorbar(
        rows,
        debiased,
        yerr=np.maximum(abs(ends - debiased), 0),
        fmt="s-",
        color="#0072B2",
        capsize=4,
        label="debiased, 90% interval",
    )
    ax.plot(rows, [one.chance for one in found], ":", color="#009E73", label="chance, d_s·d_w/rows")
    ax.axhline(shared, color="#888888", linewidth=1, label="truth")
    ax.set(xscale="log", xlabel="rows", title=f"{shared} of {d_w} and {d_s} dimensions are shared")
    ax.set_xticks(rows, [f"{N:,}" for N in rows])
    ax.minorticks_off()

axes[0].set_ylabel("correlation dimension d_sw")
axes[1].legend(frameon=False)
plt.show()

# %%
# One draw a point. The fewest and the most rows of the right panel:

for N, one in list(zip(rows, found, strict=True))[:: len(rows) - 1]:
    print(f"{N:5,} rows: plug-in {one.plug_in:5.2f}, debiased {one.debiased:5.2f}")
