"""The graph of a network: its data structure, and the passes that build and check it."""
