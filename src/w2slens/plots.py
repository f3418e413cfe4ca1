"""The plots of `w2slens.report.plots`, under a short name."""

from w2slens.report.plots import *  # noqa: F403
from w2slens.report.plots import __all__ as __all__
