"""Measurements, side by side; each prints ratios. They take minutes and are no tests."""
