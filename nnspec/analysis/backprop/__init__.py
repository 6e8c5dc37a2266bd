"""Backpropagation as a lecture writes it: one row, plain formulas, nothing shared with a backend.

What it gives is shown to people, and is at the same time an independent check of a backend.
"""
