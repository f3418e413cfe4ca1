"""
How many dimensions do two feature maps have, and how many do they share?
=========================================================================

Two views of scikit-learn's digits. What a teacher's noise costs is counted in dimensions, not in
coordinates, and the student inherits it in the shared ones.
"""

import matplotlib.pyplot as plt
import numpy as np

from w2slens import dimensions
from w2slens.plots import plot_canonical, plot_inheritance, plot_spectra
from w2slens.views import digits

weak, strong, _ = digits()
found = dimensions(weak, strong)
print(found)

# %%
# Left: how the variance falls along the principal components. Middle: the squared canonical
# correlations, whose sum is the plug-in d_sw, beside what unrelated features of these dimensions
# would show. Right: the share of the teacher's variance that a ridgeless student of N
# pseudo-labels inherits. The shared part stays, however large the pool.

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
plot_spectra(found, left)
plot_canonical(found, middle)
plot_inheritance(found, right, N=[200, 500, 1500])
plt.show()

# %%
# d_sw does not change under invertible linear maps of either side: here the strong features are
# rotated, and their directions scaled by up to a factor of 30.

rng = np.random.default_rng(0)
rotation = np.linalg.qr(rng.standard_normal((strong.shape[1],) * 2))[0]
moved = strong @ rotation * np.geomspace(1, 30, strong.shape[1])
print(f"{found.d_sw:.6f} {dimensions(weak, moved).d_sw:.6f}")
