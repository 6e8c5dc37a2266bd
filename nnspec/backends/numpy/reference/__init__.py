"""The reference engine: each layer rule as its formula reads."""
