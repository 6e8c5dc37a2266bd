"""Loss surfaces over one or two weights, with gradient descent on them."""
