"""What one shard knows of its rows besides vectors: category, offers, attributes, and whether a row may be shown."""

from search.retrieve.columns.facts import OfferFacts, ProductFacts, read_facts_for
from search.retrieve.columns.files import BrokenColumns
from search.retrieve.columns.masks import Mask
from search.retrieve.columns.table import Columns
from search.retrieve.columns.wanted import Wanted, resolve

__all__ = [
    "BrokenColumns",
    "Columns",
    "Mask",
    "OfferFacts",
    "ProductFacts",
    "Wanted",
    "read_facts_for",
    "resolve",
]
