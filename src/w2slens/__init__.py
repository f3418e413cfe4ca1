"""Weak-to-strong generalization seen through intrinsic dimension.

Measure : `dimensions`, `Dimensions`, `coordinate_overlap`, `Moments`, `reduce`.
Predict : `predict`, `inheritance`, `Inheritance`, `forecast`, `Forecast`, `Problem`, `Risks`.
Plant   : `Planted`.
Run     : `transfer`, `sweep`, `simulate`, `Settings`, `Study`, `Results`, `load_results`.
Fit     : `LabeledBlock`, `LinearProbe`.
Advise  : `plan`, `Plan`, `Course`, `rank_teachers`, `Ranking`, `Candidate`, `Verdict`.
Estimate: `WeakToStrongRegressor`, `WeakToStrongClassifier`, by scikit-learn's conventions.
Refuse  : `InputError`, `MissingExtraError`, `UndefinedRatioWarning`.

Names load on first use, so that ``import w2slens`` and the command line start at once; the stub
beside this file says where they live.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
