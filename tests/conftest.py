"""The same examples every time: a test fails for what changed, not for what was drawn."""

from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("same")
