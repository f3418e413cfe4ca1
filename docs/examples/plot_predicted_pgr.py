"""
Predicted against measured PGR, over n and N
============================================

The exact finite-sample risks of ridgeless fits hold for every number of labels n and pseudo-labels
N. Here they meet a simulation of the protocol on fresh draws of a planted pair.
"""

import matplotlib.pyplot as plt

from w2slens import Planted, simulate

pair = Planted.with_correlations(
    40, 20, [1.0] * 4 + [0.7] * 4, noise=1.0, rho_w=0.05, rho_s=0.03, seed=1
)
run = simulate(
    pair, n=[60, 100, 200, 400], N=[40, 60, 120, 300, 1000], trials=40, ridge_weak=0, ridge_strong=0
)
summary, predicted = run.summary, run.predicted

# %%
# Left: PGR over the pool, a curve for each number of labels. Points are measured, with standard
# errors over 40 trials; lines are predicted from the population. Right: the same cells, one against
# the other.

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), layout="constrained")
colors = ["#0072B2", "#009E73", "#E69F00", "#CC79A7"]
for i, (n, color) in enumerate(zip(predicted.n, colors, strict=True)):
    rows = summary[summary["n"] == n]
    left.plot(predicted.N, predicted.pgr[i], color=color)
    left.errorbar(rows["N"], rows["pgr"], rows["pgr_se"], fmt="o", color=color, label=f"n = {n}")
    right.errorbar(
        predicted.pgr[i], rows["pgr"], rows["pgr_se"], fmt="o", color=color, label=f"n = {n}"
    )

left.axhline(0, color="#888888", linewidth=0.8)
left.axvline(2 * pair.problem.d_s + 1, color="#888888", linewidth=0.8, linestyle=":")
left.text(42.5, 0.6, "N = 2·d_s + 1", color="#666666")
left.set(xscale="log", xlabel="pseudo-labels N", ylabel="PGR", title="More pseudo-labels pay")
left.set_xticks(predicted.N, [f"{N:,}" for N in predicted.N])
left.minorticks_off()
left.legend(frameon=False, loc="lower right")
ends = [summary["pgr"].min(), 1]
right.plot(ends, ends, color="#888888", linewidth=0.8)
right.set(xlabel="predicted PGR", ylabel="measured PGR", title="Cell by cell")
plt.show()

# %%
# Below about 2·d_s + 1 pseudo-labels the student's own variance eats what it sheds of its teacher.

print(summary.loc[summary["n"] == 100, ["N", "weak", "w2s", "pgr"]].round(3).to_string(index=False))
