"""
Where does the student's error come from?
=========================================

The risk of a weak-to-strong student has three parts: the teacher's variance in directions that the
student shares, what a finite pool lets through of the rest, and bias. The split holds for any
ridge.
"""

import matplotlib.pyplot as plt
import numpy as np

from w2slens import Planted, inheritance, predict

pair = Planted.with_correlations(
    60, 40, [1.0] * 6 + [0.5] * 8, noise=1.0, rho_w=0.05, rho_s=0.05, signal=1.5,
    spectrum_weak=0.5, spectrum_strong=0.5,
).problem  # fmt: skip
N = np.unique(np.geomspace(60, 4000, 40).astype(int))
colors = ["#666666", "#D55E00", "#E69F00"]

# %%
# From left to right the ridge grows. It takes variance and adds bias; what a small pool lets
# through vanishes first.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), sharey=True, layout="constrained")
for ax, ridge in zip(axes, (0.0, 0.02, 0.2), strict=True):
    parts = inheritance(pair, n=150, N=N, ridge_weak=ridge, ridge_strong=ridge)
    stack = [parts.bias[0], parts.inherited[0], parts.discrepancy[0]]
    labels = ["bias", "inherited: shared directions", "let through: the pool is finite"]
    ax.stackplot(N, stack, labels=labels, colors=colors, alpha=0.85)
    teacher = predict(
        pair, n=150, N=1000, ridge_weak=ridge, ridge_strong=ridge, method="equivalent"
    ).weak[0, 0]
    ax.axhline(teacher, color="#000000", linestyle="--", label="the teacher")
    ax.set(xscale="log", xlabel="pseudo-labels N", title=f"ridge {ridge:g}", ylim=(0, 1.3))
    ax.set_xticks([100, 300, 1000, 4000], ["100", "300", "1,000", "4,000"])
    ax.minorticks_off()
    print(f"ridge {ridge:g}: d_sw at the effective ridge {parts.d_sw[0, -1]:.1f}")

axes[0].set_ylabel("excess risk")
axes[2].legend(frameon=False)
plt.show()
