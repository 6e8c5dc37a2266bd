"""Samplers and pruners for `tune`."""
