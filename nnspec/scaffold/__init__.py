"""Specs for data: what columns hold, which roles they get, and the text of a spec that trains."""
