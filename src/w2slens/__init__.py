"""Weak-to-strong generalization seen through intrinsic dimension.

Measure : `dimensions`, `Dimensions`, `coordinate_overlap`, `Moments`, `reduce`.
Predict : `predict`, `Problem`, `Risks`.
Run     : `transfer`, `Results`, `LabeledBlock`, `LinearProbe`.
Advise  : `Verdict`.
Refuse  : `InputError`.
"""

from w2slens._check import InputError, MissingExtraError
from w2slens._version import __version__
from w2slens.advise import Verdict
from w2slens.dimension import Dimensions, coordinate_overlap, dimensions
from w2slens.labeled import LabeledBlock
from w2slens.moments import Moments, reduce
from w2slens.probe import LinearProbe
from w2slens.results import Results
from w2slens.risk import Risks, UndefinedRatioWarning
from w2slens.theory import Problem, predict
from w2slens.transfer import transfer

__all__ = [
    "Dimensions",
    "InputError",
    "LabeledBlock",
    "LinearProbe",
    "MissingExtraError",
    "Moments",
    "Problem",
    "Results",
    "Risks",
    "UndefinedRatioWarning",
    "Verdict",
    "__version__",
    "coordinate_overlap",
    "dimensions",
    "predict",
    "reduce",
    "transfer",
]
