"""What works less well than it should, in words. Searches are answered all the same."""

from math import isfinite

from search.overview.feed import Feed
from search.overview.freshness import Freshness
from search.overview.parts import ColdTier


def degraded(fresh: Freshness, workers: int, cold: ColdTier | None, feed: Feed) -> tuple[str, ...]:
    """Of the shards, a process that searches knows more than their files' sizes say."""
    shards = feed.troubles if feed.running or cold is None else cold.wrong
    others = tier_trouble(cold), feed_trouble(feed), worker_trouble(workers), late_trouble(fresh)
    return tuple(filter(None, (*map(sentence, shards), *others)))


def sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def tier_trouble(cold: ColdTier | None) -> str:
    return "No model bundle is live: nothing can be searched." if cold is None else cold.stale


def feed_trouble(feed: Feed) -> str:
    if not feed.behind:
        return ""
    since = f"{feed.lag_s:.0f} s ago" if isfinite(feed.lag_s) else "never"
    return f"This web process last followed the database {since}: prices and stock may be old."


def worker_trouble(workers: int) -> str:
    return "" if workers else "No worker runs: new pictures wait, and nothing is built."


def late_trouble(fresh: Freshness) -> str:
    if not fresh.waiting_late:
        return ""
    pictures = "1 picture waits" if fresh.waiting_late == 1 else f"{fresh.waiting_late:,} pictures wait"
    return f"{pictures} longer than {fresh.promised_s:g} s to be found."
