"""What is looked at before and during a training: its first loss, its costs, its progress."""
