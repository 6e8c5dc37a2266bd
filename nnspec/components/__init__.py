"""The vocabulary of a spec: one frozen option class for each kind, family by family."""
