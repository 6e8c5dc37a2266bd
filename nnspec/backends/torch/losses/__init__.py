"""Losses on PyTorch."""
