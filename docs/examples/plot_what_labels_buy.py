"""
What does money buy: labels or pseudo-labels?
=============================================

A label costs 1, a pseudo-label 0.01 or 0.2. The plan compares all courses at their own best ridges:
label and train the teacher, label and train the strong model, let the teacher label a pool for it,
or use labels and teacher together.
"""

import matplotlib.pyplot as plt

from w2slens import Problem, plan
from w2slens.plots import plot_courses

pair = Problem.gaussian(40, 60, 10, noise=1.0, rho_w=0.02, rho_s=0.01, signal=1.0)
budgets = [50, 120, 250, 600]

# %%
# The best that each course makes of every budget, with 90% intervals over draws of the labels.
# Where pseudo-labels are dear, a student is worth less; courses without a pool do not change.

figure, axes = plt.subplots(1, 2, figsize=(12, 4.8), sharey=True, layout="constrained")
for ax, price in zip(axes, (0.01, 0.2), strict=True):
    frontier = {}
    for budget in budgets:
        found = plan(pair, cost_label=1, cost_pseudo=price, budget=budget)
        for course in found.courses:
            frontier.setdefault(course.course, []).append(course)
        if budget == 120:
            chosen = found
    plot_courses(frontier, ax, chosen=chosen.best, budget=120)
    ax.set_title(f"A pseudo-label costs {price:g}")
    print(chosen.reason)
plt.show()
