"""Rules that build torch modules for layers, one group of layers per file."""
