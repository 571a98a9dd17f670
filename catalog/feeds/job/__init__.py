"""An import's work, on the worker: fetch -> read -> check, and when somebody has said yes: store -> what is missing.

Each step commits what it did together with where it stands, so that it can be killed anywhere and go on there.
"""

from catalog.feeds.job.steps import work

__all__ = ["work"]
