"""Relevance labeling: blind verdicts on search results, exported as golden sets and hard negatives."""
