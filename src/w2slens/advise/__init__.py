"""What to do: verdicts on measured risks, plans on predicted ones, teachers by forecast."""

from w2slens.advise.courses import Course, Plan
from w2slens.advise.planning import frontier, plan
from w2slens.advise.ranking import Candidate, Ranking, rank_teachers
from w2slens.advise.verdict import Verdict, verdict

__all__ = [
    "Candidate",
    "Course",
    "Plan",
    "Ranking",
    "Verdict",
    "frontier",
    "plan",
    "rank_teachers",
    "verdict",
]
