"""Optimizers on PyTorch: torch's own where its rule is the canonical one, else written here."""
