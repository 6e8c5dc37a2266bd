"""Backpropagation of one row in float64 by explicit formulas, independent of every backend.

The results are displayed, and are an independent check of a backend's gradients.
"""
