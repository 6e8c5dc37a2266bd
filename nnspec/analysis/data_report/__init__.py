"""What the data of a spec are, and what their preparation does to them, as plain values."""
