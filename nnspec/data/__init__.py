"""Data: reading sources, splitting rows, fitting and applying the preprocessing."""
