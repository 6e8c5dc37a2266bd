"""Optimizers on the flat array of all trainable weights: a module for each kin."""
