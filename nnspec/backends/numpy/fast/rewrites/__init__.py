"""Graph rewrites for the fast engine."""
