"""Backends: each turns a resolved graph into a program. They know layers and graphs, no YAML."""
