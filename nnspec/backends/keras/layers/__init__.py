"""Rules that build Keras layers, one group of layers per file."""
