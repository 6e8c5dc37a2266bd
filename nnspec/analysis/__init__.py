"""Analyses of networks: activations, gradients, backpropagation, feature maps, loss surfaces."""
