"""Text for terminals: tables, plots in characters, written-out arithmetic."""
