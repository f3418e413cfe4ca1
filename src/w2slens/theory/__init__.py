"""Predictions from a population description, and forecasts from labels and a pool."""

from w2slens.theory.forecasting import Forecast, forecast
from w2slens.theory.prediction import predict
from w2slens.theory.problem import Problem

__all__ = ["Forecast", "Problem", "forecast", "predict"]
