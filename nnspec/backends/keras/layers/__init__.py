"""Rules from layers to Keras layers, one kin a file."""
