"""Differences between two networks: layers aligned in order, and what differs in each pair."""
