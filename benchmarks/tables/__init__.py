"""Real tables and images: what `nnspec init` makes of them, against scikit-learn's networks."""
