"""Verdicts to files: golden sets that decide, and hard negatives that teach."""
