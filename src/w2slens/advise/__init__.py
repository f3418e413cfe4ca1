"""What to do: plans on predicted risks, teachers by forecast ones."""

from w2slens.advise.candidates import Candidate, Ranking
from w2slens.advise.courses import Course, Plan
from w2slens.advise.planning import frontier, plan
from w2slens.advise.ranking import rank_teachers
from w2slens.advise.student import Student
from w2slens.advise.training import train

__all__ = [
    "Candidate",
    "Course",
    "Plan",
    "Ranking",
    "Student",
    "frontier",
    "plan",
    "rank_teachers",
    "train",
]
