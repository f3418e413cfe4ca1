"""
A teacher that is only a score
==============================

A language model, a rule, an annotator: of some teachers nothing is known but what they say of each
row. Their scores go in as they are, and the labels, which they never saw, test them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from w2slens import train

data = load_breast_cancer()
order = np.random.default_rng(0).permutation(len(data.target))
strong = StandardScaler().fit_transform(data.data)[order]
y = data.target[order].astype(float)

# %%
# The "teacher" is a rule of thumb on two of the thirty measurements, as a person might state it.

radius, concave = (
    list(data.feature_names).index(f"mean {name}") for name in ("radius", "concavity")
)
raw = data.data[order]
rule = 1.0 * ((raw[:, radius] < 15) & (raw[:, concave] < 0.1))
print(f"The rule is right of {np.mean(rule == y):.0%} of the rows.")

# %%
# Forty labels, drawn five times. Each time three students: of the labels alone, of the rule alone,
# and of both. All see the thirty measurements when they are used, and never the rule.

words = {
    "labels": ("the labels\nalone", "#009E73"),
    "imitate": ("the rule\nalone", "#0072B2"),
    "posterior": ("labels\nand rule", "#CC79A7"),
}
n, wrong = 40, {name: [] for name in words}
for draw in range(5):
    rows = np.random.default_rng(draw).permutation(len(y))
    rest, test = rows[:350], rows[350:]
    for name in words:
        student = train(None, strong[rest], y[rest[:n]], scores={"rule": rule[rest]}, student=name)
        said = student.predict(strong[test])[:, 0] > 0.5
        wrong[name].append(100 * np.mean(said != (y[test] > 0.5)))

# %%
# A grey line joins the three students of a draw; a bar is the mean of the five.

figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
values = np.array(list(wrong.values()))
ax.plot(range(3), values, "o-", color="#BBBBBB", markersize=5, zorder=1)
for place, (_, color) in enumerate(words.values()):
    mean = values[place].mean()
    ax.plot([place - 0.2, place + 0.2], [mean, mean], color=color, linewidth=5, zorder=2)
    ax.annotate(f"{mean:.1f}%", (place + 0.24, mean), va="center", color=color)
ax.axhline(100 * np.mean(rule != y), color="#D55E00", linestyle="--", label="the rule itself")
ax.set(ylabel="% of test rows wrong", ylim=(0, None), xlim=(-0.5, 2.6))
ax.set_xticks(range(3), [f"a student of\n{label}" for label, _ in words.values()])
ax.legend(frameon=False)
plt.show()
