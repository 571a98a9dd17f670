"""Why a search was answered in part only, as few labels."""

import pytest
from prometheus_client import REGISTRY

from search.timing import count_partial, reason_of


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("only the hot tier was searched: there are too many other rows to compare them in time", "cold tier"),
        ("the hot tier cannot be reached", "hot tier"),
        ("the cold tier did not answer in time", "cold tier"),
        ("generation 20250101-000000-abcdef cannot be opened", "generation"),
        ("shard 0003 did not answer in time", "late shard"),
        ("shard 0003 is missing vectors.f16", "broken shard"),
        ("nobody knows", "other"),
    ],
)
def test_the_reason_that_a_note_gives(note, reason):
    assert reason_of(note) == reason


def test_each_reason_counts_once_for_a_search():
    read = lambda: REGISTRY.get_sample_value("sightline_partial_total", {"reason": "broken shard"}) or 0  # noqa: E731
    before = read()
    count_partial(("shard 0001 is missing", "shard 0002 is damaged: lists has another size"))
    assert read() == before + 1
