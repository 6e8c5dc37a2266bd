"""What trained networks compute: activations, gradients, feature maps, loss surfaces."""
