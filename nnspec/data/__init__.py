"""Data: reading sources, fitting and applying the preparation, splitting and batching."""
