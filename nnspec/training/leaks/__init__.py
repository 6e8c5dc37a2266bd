"""Leaks: rows, groups, times and columns that give the test away to the training."""
