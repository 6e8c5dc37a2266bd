"""Reading of tables in files, through polars, into a NumPy array for each column."""
