"""Calculations over facts: pure functions that know no framework and no face."""
