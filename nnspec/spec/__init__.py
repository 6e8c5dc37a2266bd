"""The spec document: sections, inheritance, overrides, JSON Schema."""
