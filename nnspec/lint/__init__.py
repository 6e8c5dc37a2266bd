"""Advice on specs that are valid but train badly."""
