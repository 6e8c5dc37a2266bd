"""Rules from layers to torch modules, one kin a file."""
