"""One module for each `nnspec` command."""
