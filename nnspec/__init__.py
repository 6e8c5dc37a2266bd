"""nnspec: one YAML file becomes a trained neural network."""

__version__ = "0.1.0"
