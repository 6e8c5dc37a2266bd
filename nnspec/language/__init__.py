"""YAML text to located values: reader, scalars, expressions, interpolation, writer."""
