"""
Double descent: an unfair baseline, and a fair one
==================================================

A ridgeless fit to about as many labels as it has dimensions is useless, and any student looks good
beside it. With every ridge at its best the peak is gone, and what is left of the student's lead can
be believed.
"""

import matplotlib.pyplot as plt
import numpy as np

from w2slens import Planted, predict, simulate
from w2slens.plots import LOOKS

pair = Planted.with_correlations(25, 80, [1.0] * 10, noise=1.0, rho_w=0.05, signal=2.0, seed=0)
n = np.unique(np.geomspace(10, 640, 60).astype(int))
some = [15, 20, 40, 55, 115, 160, 300, 600]
N = 4000

# %%
# Lines are the deterministic equivalent, points the mean of six trials. Right: the ratio of the
# strong model's risk to the student's. Above 1 the student is better.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
for ax, ridge, title in (
    (axes[0], 0.0, "without ridge"),
    (axes[1], "auto", "every ridge tuned"),
):
    expected = predict(
        pair.problem, n=n, N=N, ridge_weak=ridge, ridge_strong=ridge, method="equivalent"
    )
    measured = simulate(pair, n=some, N=N, trials=6, ridge_weak=ridge, ridge_strong=ridge).summary
    for model in ("weak", "w2s", "strong"):
        label, color, marker = LOOKS[model]
        ax.plot(n, getattr(expected, model)[:, 0], color=color, label=label)
        ax.plot(some, measured[model], marker, color=color, markersize=5)
    ax.set(xscale="log", yscale="log", ylim=(0.03, 60), title=title, xlabel="labels n")
    ax.set_xticks([10, 25, 80, 300], ["10", "25 = d_w", "80 = d_s", "300"])
    ax.minorticks_off()
    style = "--" if ridge == 0 else "-"
    axes[2].plot(n, expected.opr[:, 0], style, color="#009E73", label=title)
    print(f"{title:18s} OPR at n = 83: {expected.opr[np.abs(n - 83).argmin(), 0]:.1f}")

axes[0].set_ylabel("excess risk")
axes[0].legend(frameon=False)
axes[2].axhline(1, color="#888888", linewidth=0.8)
axes[2].set(xscale="log", ylim=(0, 8), title="OPR", xlabel="labels n")
axes[2].set_xticks([10, 25, 80, 300], ["10", "25", "80", "300"])
axes[2].minorticks_off()
axes[2].legend(frameon=False, loc="upper right", bbox_to_anchor=(1, 0.2))
plt.show()
