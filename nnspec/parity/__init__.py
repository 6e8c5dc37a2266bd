"""Comparison of backends, update by update, from the same initial weights."""
