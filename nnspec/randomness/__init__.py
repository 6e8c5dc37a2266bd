"""Keyed random numbers: initial weights, shuffles, layer noise."""
