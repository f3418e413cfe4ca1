"""What to do: verdicts on measured risks."""

from w2slens.advise.verdict import Verdict, verdict

__all__ = ["Verdict", "verdict"]
