"""Weak-to-strong generalization seen through intrinsic dimension.

Measure : `dimensions`, `Dimensions`, `coordinate_overlap`, `Moments`, `reduce`.
Predict : `predict`, `inheritance`, `Inheritance`, `forecast`, `Forecast`, `Problem`, `Risks`.
Plant   : `Planted`.
Run     : `transfer`, `sweep`, `simulate`, `Settings`, `Study`, `Results`, `load_results`.
Fit     : `LabeledBlock`, `LinearProbe`.
Advise  : `plan`, `Plan`, `Course`, `rank_teachers`, `Ranking`, `Candidate`, `Verdict`.
Refuse  : `InputError`, `MissingExtraError`, `UndefinedRatioWarning`.

Names load on first use, so that ``import w2slens`` and the command line start at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from w2slens._core.errors import InputError, MissingExtraError
from w2slens._version import __version__

if TYPE_CHECKING:
    from w2slens.advise import Candidate, Course, Plan, Ranking, plan, rank_teachers
    from w2slens.experiments.folder.archive import load_results
    from w2slens.experiments.results import Results
    from w2slens.experiments.run import simulate, sweep, transfer
    from w2slens.experiments.settings import Settings
    from w2slens.experiments.study import Study
    from w2slens.experiments.verdict import Verdict
    from w2slens.forecasting.forecast import Forecast, forecast
    from w2slens.measure.intrinsic import Dimensions
    from w2slens.measure.one_pass import dimensions
    from w2slens.measure.published import coordinate_overlap
    from w2slens.models.estimates import UndefinedRatioWarning
    from w2slens.models.labeled import LabeledBlock
    from w2slens.models.probe import LinearProbe
    from w2slens.models.risks import Risks
    from w2slens.moments import Moments, reduce
    from w2slens.synthetic import Planted
    from w2slens.theory import Inheritance, Problem, inheritance, predict

__all__ = [
    "Candidate",
    "Course",
    "Dimensions",
    "Forecast",
    "Inheritance",
    "InputError",
    "LabeledBlock",
    "LinearProbe",
    "MissingExtraError",
    "Moments",
    "Plan",
    "Planted",
    "Problem",
    "Ranking",
    "Results",
    "Risks",
    "Settings",
    "Study",
    "UndefinedRatioWarning",
    "Verdict",
    "__version__",
    "coordinate_overlap",
    "dimensions",
    "forecast",
    "inheritance",
    "load_results",
    "plan",
    "predict",
    "rank_teachers",
    "reduce",
    "simulate",
    "sweep",
    "transfer",
]

_HOMES = {
    "advise": ("Candidate", "Course", "Plan", "Ranking", "plan", "rank_teachers"),
    "experiments.folder.archive": ("load_results",),
    "experiments.results": ("Results",),
    "experiments.run": ("simulate", "sweep", "transfer"),
    "experiments.settings": ("Settings",),
    "experiments.study": ("Study",),
    "experiments.verdict": ("Verdict",),
    "forecasting.forecast": ("Forecast", "forecast"),
    "measure.intrinsic": ("Dimensions",),
    "measure.one_pass": ("dimensions",),
    "measure.published": ("coordinate_overlap",),
    "models.estimates": ("UndefinedRatioWarning",),
    "models.labeled": ("LabeledBlock",),
    "models.probe": ("LinearProbe",),
    "models.risks": ("Risks",),
    "moments": ("Moments", "reduce"),
    "synthetic": ("Planted",),
    "theory": ("Inheritance", "Problem", "inheritance", "predict"),
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"w2slens.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'w2slens' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
