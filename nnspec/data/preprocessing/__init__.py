"""Fitting and applying preprocessing steps to arrays."""
