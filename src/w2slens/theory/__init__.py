"""Predictions from a population description, and forecasts from labels and a pool."""

from w2slens.theory.forecasting import Forecast, forecast
from w2slens.theory.prediction import predict
from w2slens.theory.problem import Problem
from w2slens.theory.split import Inheritance, inheritance

__all__ = ["Forecast", "Inheritance", "Problem", "forecast", "inheritance", "predict"]
