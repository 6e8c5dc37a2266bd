"""Figures drawn with Matplotlib, from values that are computed elsewhere."""
