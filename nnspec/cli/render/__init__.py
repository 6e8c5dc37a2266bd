"""Text output for terminals: tables, character plots, written-out arithmetic."""
