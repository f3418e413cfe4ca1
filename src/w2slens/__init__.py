"""Weak-to-strong generalization seen through intrinsic dimension.

Measure : `dimensions`, `Dimensions`, `Moments`.
Predict : `predict`, `inheritance`, `Inheritance`, `forecast`, `Forecast`, `Problem`, `Risks`.
Plant   : `Planted`, for `simulate`.
Run     : `transfer`, `sweep`, `simulate`, `Settings`, `Study`, `Results`, `load_results`.
Advise  : `plan`, `Plan`, `rank_teachers`, `Ranking`.
Train   : `train`, `Student`, `load_student`; `LabeledBlock`, which they are made of.
Estimate: `WeakToStrongRegressor`, `WeakToStrongClassifier`, by scikit-learn's conventions.
Refuse  : `InputError`, `MissingExtraError`, `UndefinedRatioWarning`.

That is what is called, and what it takes and returns. Parts of results and building blocks are
where they live: `w2slens.models.probe.LinearProbe`, `w2slens.moments.reduce` and the like.

Names load on first use, so that ``import w2slens`` and the command line start at once; the stub
beside this file says where they live.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
