"""Graph rewrites of the fast engine."""
