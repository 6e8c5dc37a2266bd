"""Readers of data file formats."""
