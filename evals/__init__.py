"""Measures of the whole: speed, grounding, agreement."""
