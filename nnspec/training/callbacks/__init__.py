"""Callbacks of a training: what each computes after an epoch."""
