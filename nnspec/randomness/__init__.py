"""Random numbers from keyed generators: initial weights, permutations, layer noise."""
