"""Pictures, drawn by Matplotlib: what is drawn is computed elsewhere."""
