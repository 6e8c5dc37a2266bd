"""Preprocessing: fitting steps to training rows and applying them to arrays."""
