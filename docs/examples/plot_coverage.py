"""
Do forecasts keep their word?
=============================

A forecast of 90% should hold the truth in nine of ten draws of the labels. Here the truth is known:
a planted pair, whose expected risks the exact formulas give.
"""

import matplotlib.pyplot as plt
import numpy as np

from w2slens import Planted, forecast, predict

pair = Planted.with_correlations(20, 15, [1.0] * 5, noise=1.0, rho_w=0.1, signal=2.0, seed=3)
draws, n, pool = 24, 80, 600
truth = predict(pair.problem, n=n, N=pool, intercept=True)
names = {"pgr": "PGR", "opr": "OPR", "w2s": "risk of the student"}
raw = {model: getattr(truth, model)[0, 0] + pair.noise for model in ("w2s", "strong")}
goals = {"pgr": truth.pgr[0, 0], "opr": raw["strong"] / raw["w2s"], "w2s": raw["w2s"]}
found = {name: [] for name in names}
for draw in range(draws):
    rows = pair.draw(n + pool, np.random.default_rng(draw))
    one = forecast(rows.weak, rows.strong, rows.y[:n], ridge_weak=0, ridge_strong=0)
    values = {"pgr": one.pgr, "opr": one.opr, "w2s": one.risks.w2s[0, 0]}
    for name, value in values.items():
        found[name].append((float(value), *one.interval(name)))

# %%
# Every line is a forecast from 80 labels and 600 rows without; orange ones miss. Forecasts are of
# raw risks, against the labels: the noise, 1, is in them and in their ratio.

figure, axes = plt.subplots(1, 3, figsize=(13, 4.6), sharey=True, layout="constrained")
for ax, (name, title) in zip(axes, names.items(), strict=True):
    rows = sorted(found[name])
    held = [low <= goals[name] <= high for _, low, high in rows]
    for place, ((value, low, high), inside) in enumerate(zip(rows, held, strict=True)):
        color = "#0072B2" if inside else "#D55E00"
        ax.plot([low, high], [place, place], color=color, linewidth=1.6)
        ax.plot(value, place, "o", color=color, markersize=4)
    ax.axvline(goals[name], color="#333333", linewidth=1)
    ax.set(xlabel=title, yticks=[], title=f"{sum(held)} of {draws} hold the truth")
    print(f"{title}: {sum(held)} of {draws}")
plt.show()
