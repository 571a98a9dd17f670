"""Pixels and text in, numbers out: models, measures, training and the demo world. No Django here."""
