"""Descriptions of components: formula, options, curves."""
