"""Lint rules: advice on valid specs that are likely to train badly."""
