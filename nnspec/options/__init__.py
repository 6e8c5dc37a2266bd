"""Option models: pydantic base class, option types, components, registry, error messages."""
