"""
Noisy labels: where discrepancy is a virtue
===========================================

Noise in the labels is what a student can shed: it copies its teacher's errors only in the
directions that both share. So PGR grows with the noise, for pairs of little overlap most.
"""

import matplotlib.pyplot as plt

from w2slens import Planted, simulate

overlaps = {10: "#0072B2", 50: "#E69F00", 90: "#D55E00"}
levels = [0.001, 0.01, 0.1]

# %%
# The paper's synthetic problem: 100 strong and 200 weak coordinates, of which 10, 50 or 90 are the
# same. Lines are predicted, points are measured in three trials.

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), layout="constrained")
for d_sw, color in overlaps.items():
    measured, errors, predicted, opr, opr_errors, expected = [], [], [], [], [], []
    for noise in levels:
        pair = Planted.coordinates(offset=100 - d_sw, noise=noise)
        run = simulate(pair, n=400, N=1500, trials=3, ridge_weak=0, ridge_strong=0)
        row = run.summary.iloc[0]
        measured.append(row["pgr"])
        errors.append(row["pgr_se"])
        opr.append(row["opr"])
        opr_errors.append(row["opr_se"])
        predicted.append(run.predicted.pgr[0, 0])
        expected.append(run.predicted.opr[0, 0])
    left.errorbar(levels, measured, errors, fmt="o", color=color)
    left.plot(levels, predicted, color=color, label=f"d_sw = {d_sw}")
    right.errorbar(levels, opr, opr_errors, fmt="o", color=color)
    right.plot(levels, expected, color=color)
    print(f"d_sw = {d_sw}: PGR {measured[0]:.2f} to {measured[-1]:.2f}")

right.axhline(1, color="#888888", linewidth=0.8)
left.set(xscale="log", xlabel="noise σ²", ylabel="PGR", ylim=(0, 1.02), title="Gap recovered")
right.set(xscale="log", xlabel="noise σ²", ylabel="OPR", title="Strong on labels ÷ student")
left.legend(frameon=False, loc="lower right")
plt.show()
