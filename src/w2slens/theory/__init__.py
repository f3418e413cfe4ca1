"""What is expected of a population: risks of the four models before anyone trains."""

from w2slens.theory.decomposition import Inheritance, inheritance
from w2slens.theory.prediction import predict
from w2slens.theory.problem import Problem

__all__ = ["Inheritance", "Problem", "inheritance", "predict"]
