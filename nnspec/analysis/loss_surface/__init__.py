"""The loss over one or two weights."""
