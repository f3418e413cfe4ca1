"""What to do: verdicts on measured risks, plans on predicted ones."""

from w2slens.advise.courses import Course, Plan
from w2slens.advise.planning import frontier, plan
from w2slens.advise.verdict import Verdict, verdict

__all__ = ["Course", "Plan", "Verdict", "frontier", "plan", "verdict"]
