"""What to do: verdicts on measured risks, plans on predicted ones."""

from w2slens.advise.planning import Course, Plan, frontier, plan
from w2slens.advise.verdict import Verdict, verdict

__all__ = ["Course", "Plan", "Verdict", "frontier", "plan", "verdict"]
