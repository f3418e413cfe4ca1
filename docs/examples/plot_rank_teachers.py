"""
Which of several teachers should label?
=======================================

Five cheap views of the same digits, one student, 150 labels. The ranking is by the forecast risk of
the student that each would teach, not by the teacher's own accuracy.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from w2slens import rank_teachers, transfer
from w2slens.plots import plot_teachers
from w2slens.views import digits, pixel_differences, random_convolutions

images = load_digits().images
order = np.random.default_rng(0).permutation(len(images))
images = images[order]
_, strong, classes = (rows[order] for rows in digits())
flat = images.reshape(len(images), -1)
teachers = {
    "upper half": flat[:, :32],
    "lower half": flat[:, 32:],
    "every other pixel": flat[:, ::2],
    "differences": pixel_differences(images)[:, ::3],
    "4 convolutions": random_convolutions(images, filters=4, seed=7),
}
teachers = {name: rows[:, rows.std(axis=0) > 0] for name, rows in teachers.items()}
ranking = rank_teachers(teachers, strong, classes[:150], task="classification")
print(ranking)

# %%
# The forecast knows 150 labels and 1,647 rows without. Then the protocol is run on all labels, five
# times for each teacher, to see what it was worth.

measured = {
    name: transfer(features, strong, classes, n=150, N=1200, trials=5, task="classification")
    for name, features in teachers.items()
}
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2), layout="constrained")
plot_teachers(ranking, left)
forecast = {one.name: one.risk for one in ranking.teachers}
for name, run in measured.items():
    row = run.summary.iloc[0]
    right.errorbar(forecast[name], row["w2s"], row["w2s_se"], fmt="s", label=name)
ends = [0.46, 0.58]
right.plot(ends, ends, color="#888888", linewidth=0.8)
right.legend(frameon=False)
right.set(xlabel="forecast risk of the student", ylabel="measured risk", title="Held against runs")
plt.show()
