"""Backends: each builds a program from a resolved graph. They see layers and graphs, no YAML."""
