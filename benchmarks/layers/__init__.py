"""Layers with random options and shapes, against Keras' own layers in float64."""
