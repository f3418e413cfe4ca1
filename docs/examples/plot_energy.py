"""
Intrinsic dimension and the energy that is kept
===============================================

The dimension that a ridgeless fit pays for is the rank of its features, and cutting them to their
leading principal components lowers it. How many should be kept? Without ridge that depends on the
number of labels; with a chosen ridge, all of them do no harm.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from w2slens import UndefinedRatioWarning, dimensions, transfer
from w2slens.views import digits

weak, strong, classes = digits()
warnings.simplefilter("ignore", UndefinedRatioWarning)  # some teachers here have no gap to recover
kept = [5, 10, 18, 26, 33, 40]
spectrum = dimensions(weak, strong, interval=False).strong.spectrum
share = 100 * np.cumsum(spectrum) / spectrum.sum()

# %%
# The student's features are cut, the teacher's are left alone.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
axes[0].plot(np.arange(1, len(share) + 1), share, color="#0072B2")
axes[0].set(ylim=(0, 102), xlabel="components kept", ylabel="% of the variance", title="Energy")
for ax, n in zip(axes[1:], (60, 200), strict=True):
    for ridge, style in ((0.0, "--"), ("auto", "-")):
        risks = [
            transfer(
                weak, strong, classes, n=n, N=1200, trials=3, components_strong=most,
                ridge_weak="auto", ridge_strong=ridge, task="classification",
            ).summary.iloc[0]
            for most in kept
        ]  # fmt: skip
        how = "no ridge" if ridge == 0 else "ridge chosen"
        for model, label, color in (
            ("strong", "strong on labels", "#009E73"),
            ("w2s", "W2S", "#0072B2"),
        ):
            values = [row[model] for row in risks]
            ax.plot(kept, values, style, color=color, label=f"{label}, {how}")
    ax.set(title=f"{n} labels", xlabel="components kept", ylim=(0.2, 1.1))
axes[1].set_ylabel("squared error on test rows")
axes[2].legend(frameon=False)
plt.show()

for energy in (90, 99):
    print(f"{energy}% of the variance: {np.searchsorted(share, energy) + 1} components")
