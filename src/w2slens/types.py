"""Types of parameters and of what is called back, for annotations of your own.

The words that a parameter takes are `Literal` types, declared where they are checked.
"""

from w2slens._core.cluster import Scheduler
from w2slens._core.types import (
    Id,
    Names,
    Numbers,
    Progress,
    Ridge,
    Ridges,
    RowsOrShare,
    Sizes,
    Task,
)
from w2slens.experiments.network_settings import Adaptation, Average, Filter, Labels, Seen, Start
from w2slens.experiments.settings import Loss
from w2slens.features.corpora.corpus import Kind
from w2slens.features.ondisk import Stream
from w2slens.features.reading import FeaturesLike, LabelsLike
from w2slens.forecasting.result import Forecasted
from w2slens.models.metrics import Metric
from w2slens.models.risks import Ceiling, Scale
from w2slens.moments.components import Components
from w2slens.report.plots.style import Ratio
from w2slens.synthetic.sample import Law
from w2slens.theory.population import Known
from w2slens.theory.prediction import Method

__all__ = [
    "Adaptation",
    "Average",
    "Ceiling",
    "Components",
    "FeaturesLike",
    "Filter",
    "Forecasted",
    "Id",
    "Kind",
    "Known",
    "Labels",
    "LabelsLike",
    "Law",
    "Loss",
    "Method",
    "Metric",
    "Names",
    "Numbers",
    "Progress",
    "Ratio",
    "Ridge",
    "Ridges",
    "RowsOrShare",
    "Scale",
    "Scheduler",
    "Seen",
    "Sizes",
    "Start",
    "Stream",
    "Task",
]
