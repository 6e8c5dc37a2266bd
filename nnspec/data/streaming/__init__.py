"""Data larger than memory: columns in files of plain numbers, read a block of rows at a time."""
