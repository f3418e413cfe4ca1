"""Predictions from a population description: what weak-to-strong training will give."""

from w2slens.theory.prediction import predict
from w2slens.theory.problem import Problem

__all__ = ["Problem", "predict"]
