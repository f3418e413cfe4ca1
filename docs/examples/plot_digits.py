"""
Does weak-to-strong training pay on handwritten digits?
=======================================================

Two views of the same images: a weak teacher sees differences of neighbouring pixels, a strong
student sees random convolutions. The run measures the four models at several numbers of labels,
beside what the exact theory predicts, and ends with a verdict.
"""

import matplotlib.pyplot as plt

from w2slens import transfer
from w2slens.plots import plot_ratios, plot_risks
from w2slens.views import digits

weak, strong, classes = digits()

# %%
# One call runs the protocol: 20 random splits, four models at each n.

run = transfer(
    weak,
    strong,
    classes,
    n=[100, 150, 200, 300],
    N=1100,
    trials=20,
    ridge_weak=0.0,
    ridge_strong=0.0,
    task="classification",
)
print(run.summary[["n", "weak", "w2s", "strong", "ceiling", "pgr", "opr"]].round(3))

# %%
# The student recovers part of the gap to the ceiling (PGR > 0), and still loses to the strong model
# that is trained on the n labels directly (OPR < 1). The verdict says so.

print(run.verdict.action)
print(run.verdict.reason)

# %%
# Measured points, predicted curves.

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
plot_risks(run, left)
plot_ratios(run, middle, only="pgr")
plot_ratios(run, right, only="opr")
plt.show()
